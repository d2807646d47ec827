"""The fields of each entity, one line for all that share a type: `type [length] [flags]: names`.

Flags: `required`, `read-only`, `hidden` (cannot be named in a filter), `->Entity` (refers to one).
"""

from __future__ import annotations

TICKETS = """
long read-only: id
integer required ->Companies: companyID
string 255 required: title
integer required: status priority
integer: queueID source ticketType ticketCategory issueType subIssueType serviceLevelAgreementID
integer ->Resources: assignedResourceID
integer ->Roles: assignedResourceRoleID
integer ->Contacts: contactID createdByContactID
integer ->BillingCodes: billingCodeID
datetime: dueDateTime
string 8000: description changeInfoField1 changeInfoField2 changeInfoField3 changeInfoField4 changeInfoField5
string 32000: resolution
string 50: externalID purchaseOrderNumber rmmAlertID
string 50 read-only: ticketNumber
integer: companyLocationID contractID configurationItemID problemTicketId projectID opportunityID
integer: organizationalLevelAssociationID monitorID monitorTypeID rmaStatus rmaType apiVendorID
integer: changeApprovalBoard changeApprovalStatus changeApprovalType
long: contractServiceID contractServiceBundleID
double: estimatedHours
boolean: isAssignedToComanaged isVisibleToComanaged
datetime read-only: completedDate createDate lastActivityDate lastCustomerNotificationDateTime
datetime read-only: lastCustomerVisibleActivityDateTime lastTrackedModificationDateTime
datetime read-only: firstResponseDateTime firstResponseDueDateTime resolutionPlanDateTime resolutionPlanDueDateTime
datetime read-only: resolvedDateTime resolvedDueDateTime
integer read-only: completedByResourceID creatorResourceID lastActivityResourceID impersonatorCreatorResourceID
integer read-only: firstResponseAssignedResourceID firstResponseInitiatingResourceID
integer read-only: currentServiceThermometerRating previousServiceThermometerRating serviceThermometerTemperature
integer read-only hidden: creatorType lastActivityPersonType
double read-only: hoursToBeScheduled serviceLevelAgreementPausedNextEventHours
boolean read-only: serviceLevelAgreementHasBeenMet
list hidden: userDefinedFields
"""

TICKET_NOTES = """
long read-only: id
integer required ->Tickets: ticketID
string 250: title
string 32000 required: description
integer required: noteType publish
integer ->Contacts: createdByContactID
datetime read-only: createDateTime lastActivityDate
integer read-only: creatorResourceID impersonatorCreatorResourceID impersonatorUpdaterResourceID
"""

TIME_ENTRIES = """
long read-only: id
integer required ->Resources: resourceID
integer ->Tickets: ticketID
integer: taskID
integer ->BillingCodes: internalBillingCodeID billingCodeID
integer ->Roles: roleID
datetime: dateWorked startDateTime endDateTime
double: hoursWorked offsetHours
double read-only: hoursToBill
string 32000: summaryNotes internalNotes
integer: contractID
long: contractServiceID contractServiceBundleID
boolean: isNonBillable showOnInvoice isInternalNotesVisibleToComanaged
integer read-only: timeEntryType creatorUserID lastModifiedUserID billingApprovalLevelMostRecent
integer read-only: impersonatorCreatorResourceID impersonatorUpdaterResourceID billingApprovalResourceID
datetime read-only: createDateTime lastModifiedDateTime billingApprovalDateTime
"""

CONTACTS = """
long read-only: id
integer required ->Companies: companyID
string 50 required: firstName lastName
integer required: isActive
string 254: emailAddress emailAddress2 emailAddress3
string 25: phone mobilePhone faxNumber
string 32: alternatePhone city
string 10: extension
string 50: title middleInitial note roomNumber externalID
string 128: addressLine addressLine1
string 100: additionalAddressInformation
string 40: state
string 16: zipCode
string 200: facebookUrl twitterUrl linkedInUrl
integer: countryID namePrefix nameSuffix companyLocationID
boolean: primaryContact receivesEmailNotifications
boolean hidden: isOptedOutFromBulkEmail solicitationOptOut surveyOptOut
datetime read-only: createDate lastActivityDate lastModifiedDate bulkEmailOptOutTime solicitationOptOutTime
integer read-only: apiVendorID impersonatorCreatorResourceID
list hidden: userDefinedFields
"""

COMPANIES = """
long read-only: id
string 100 required: companyName
integer required: companyType
string 25 required: phone
integer required ->Resources: ownerResourceID
string 50: companyNumber
string 255: webAddress
string 128: address1 address2
string 100: additionalAddressInformation
string 30: city
string 40: state
string 10: postalCode
string 25: alternatePhone1 alternatePhone2 fax
string 50: taxID
string: billToAdditionalAddressInformation billToAttention billToCity billToState billToZipCode
string: billingAddress1 billingAddress2 sicCode stockMarket stockSymbol
integer ->Companies: parentCompanyID
integer: classification territoryID marketSegmentID countryID apiVendorID billToCompanyLocationID billToAddressToUse
integer: billToCountryID competitorID currencyID invoiceEmailMessageID invoiceMethod invoiceTemplateID
integer: quoteEmailMessageID quoteTemplateID taxRegionID
boolean: isActive isClientPortalActive isEnabledForComanaged isTaskFireActive isTaxExempt
boolean: invoiceNonContractItemsToParentCompany
double: assetValue surveyCompanyRating
datetime read-only: createDate lastActivityDate lastTrackedModifiedDateTime
integer read-only: createdByResourceID impersonatorCreatorResourceID
list hidden: userDefinedFields
"""

RESOURCES = """
long read-only: id
string 254: email email2 email3
string 32: userName middleName initials
string 50: firstName lastName title
string 25: officePhone mobilePhone homePhone
string 10: officeExtension
string: accountingReferenceID dateFormat timeFormat numberFormat emailTypeCode emailTypeCode2 emailTypeCode3 gender
string: resourceType travelAvailabilityPct
boolean: isActive
integer: licenseType userType locationID payrollType greeting suffix
long hidden: defaultServiceDeskRoleID
double: internalCost surveyResourceRating
datetime: hireDate
"""

ROLES = """
long read-only: id
string 200 required: name
string 200: description
double required: hourlyFactor hourlyRate
boolean required: isActive
boolean: isExcludedFromNewContracts
boolean read-only: isSystemRole
integer read-only: roleType
integer: quoteItemDefaultTaxCategoryId
"""

RESOURCE_SERVICE_DESK_ROLES = """
long read-only: id
integer required ->Resources: resourceID
integer required ->Roles: roleID
boolean: isActive isDefault
"""

RESOURCE_ROLES = """
long read-only: id
long ->Resources: resourceID
long ->Roles: roleID
long: queueID departmentID
boolean: isActive
"""

BILLING_CODES = """
long read-only: id
string 200: name description
string 100: externalNumber
integer: useType billingCodeType department afterHoursWorkType generalLedgerAccount taxCategoryID
boolean: isActive isExcludedFromNewContracts
double: unitPrice unitCost markupRate
"""
