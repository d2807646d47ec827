"""From a session to the texts that people read, through Mustache templates."""
