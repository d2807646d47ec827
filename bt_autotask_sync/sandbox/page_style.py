"""The frame of the sandbox's page: one HTML document with its style, light or dark as the reader has it."""

from __future__ import annotations

from string import Template
from typing import Final

PAGE: Final = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandbox: tickets</title>
<style>
:root { color-scheme: light dark;
  --ground: #f5f6f8; --card: #fff; --ink: #1d2430; --soft: #5b6675; --line: #e3e7ec; --inset: #f8f9fb;
  --accent: #2a5bd7; --open: #1c6b45; --open-ground: #e2f3ea; --done: #5b6675; --done-ground: #eceff3;
  --public: #8a4b08; --public-ground: #fdf0dd; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #12161c; --card: #1a2029; --ink: #e4e9f0; --soft: #98a4b3; --line: #2b3440; --inset: #151a22;
  --accent: #8fb0ff; --open: #7fd6a8; --open-ground: #16352a; --done: #98a4b3; --done-ground: #262e39;
  --public: #f0be7c; --public-ground: #3a2a12; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main, .top { max-width: 62rem; margin: 0 auto; padding: 0 1.25rem; }
.top { padding-top: 2.5rem; padding-bottom: 1rem; }
h1 { margin: 0; font-size: 1.6rem; font-weight: 650; letter-spacing: -.01em; }
.top p { margin: .3rem 0 0; color: var(--soft); }
.top b { color: var(--ink); font-weight: 600; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 12px; margin: 0 0 1.25rem;
  padding: 1.1rem 1.35rem 1.2rem; overflow-wrap: anywhere; }
article > header { display: grid; grid-template-columns: 1fr auto; gap: .1rem 1rem; align-items: center; }
.number { font: 500 .85rem/1.4 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; color: var(--accent); }
h2 { grid-column: 1 / -1; margin: .1rem 0 0; font-size: 1.12rem; font-weight: 620; }
.company { grid-column: 1 / -1; margin: 0; color: var(--soft); font-size: .92rem; }
.status, .publish { font-size: .76rem; font-weight: 600; border-radius: 99px; padding: .1rem .65rem;
  white-space: nowrap; }
.open { color: var(--open); background: var(--open-ground); }
.done, .internal { color: var(--done); background: var(--done-ground); }
.public { color: var(--public); background: var(--public-ground); }
.note { margin-top: 1rem; border-left: 3px solid var(--line); padding-left: 1rem; }
h3 { margin: 0; font-size: .97rem; font-weight: 600; }
.publish { margin-left: .4rem; font-size: .72rem; vertical-align: .08em; }
.note .when { margin: 0 0 .45rem; color: var(--soft); font-size: .83rem; }
.text { white-space: pre-wrap; max-height: 26rem; overflow: auto; background: var(--inset);
  border: 1px solid var(--line); border-radius: 8px; padding: .7rem .9rem; font-size: .9rem;
  unicode-bidi: plaintext; }
.scroll { overflow-x: auto; margin-top: 1rem; }
table { width: 100%; border-collapse: collapse; font-size: .88rem; overflow-wrap: normal; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: .78rem; }
th, td { padding: .4rem 1.2rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child td { border-bottom: 0; }
td.name, td.when, .hours { white-space: nowrap; font-variant-numeric: tabular-nums; }
.hours { text-align: right; }
.summary { white-space: pre-wrap; min-width: 14rem; overflow-wrap: anywhere; }
.rest { color: var(--soft); text-align: center; }
footer { max-width: 62rem; margin: 0 auto; padding: .5rem 1.25rem 3rem; color: var(--soft); font-size: .83rem; }
</style>
</head>
<body>
<div class="top"><h1>Tickets of the sandbox</h1><p>$counts · times are UTC</p>
<p>$appliance</p></div>
<main>$tickets$rest</main>
<footer>Invented data. Nothing here reaches Autotask or BeyondTrust.</footer>
</body>
</html>
""")
