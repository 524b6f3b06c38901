"""What Salesforce's standard objects are: their fields and types, key prefixes, references, and what each object lacks.

Tables only. An object with a file in the world is described by the keys that occur in its records; these lists give the
types of standard names, and the fields of a standard object without a file (which exists and is empty).
"""

from typing import Final

_SYSTEM = "Id:id CreatedDate:datetime CreatedById:reference LastModifiedDate:datetime LastModifiedById:reference"
_SYSTEM += " SystemModstamp:datetime IsDeleted:boolean"

_PERSON = (
    "FirstName LastName Name Salutation:picklist Title Email:email Phone:phone MobilePhone:phone Fax:phone"
    " LeadSource:picklist OwnerId:reference HasOptedOutOfEmail:boolean HasOptedOutOfFax:boolean DoNotCall:boolean"
    " EmailBouncedReason EmailBouncedDate:datetime Description:textarea LastActivityDate:date MasterRecordId:reference"
)
_ACTIVITY = (
    "WhoId:reference WhatId:reference Subject:combobox ActivityDate:date OwnerId:reference AccountId:reference"
    " IsArchived:boolean Description:textarea IsRecurrence:boolean"
)
_HISTORY = "Field:picklist OldValue:anyType NewValue:anyType DataType:picklist CreatedById:reference"

_OBJECTS: Final = {
    "Account": "001 Name Type:picklist ParentId:reference Industry:picklist AnnualRevenue:currency"
    " NumberOfEmployees:int BillingStreet:textarea BillingCity BillingState BillingPostalCode BillingCountry"
    " BillingAddress:address Website:url Phone:phone OwnerId:reference AccountSource:picklist"
    " MasterRecordId:reference LastActivityDate:date"
    " Description:textarea AccountNumber Ownership:picklist Rating:picklist Sic",
    "Contact": f"003 {_PERSON} AccountId:reference Department ReportsToId:reference IsEmailBounced:boolean"
    " MailingStreet:textarea MailingCity MailingState MailingPostalCode MailingCountry MailingAddress:address"
    " Birthdate:date",
    "Lead": f"00Q {_PERSON} Company Status:picklist Rating:picklist Industry:picklist AnnualRevenue:currency"
    " NumberOfEmployees:int Website:url Street:textarea City State PostalCode Country Address:address"
    " IsConverted:boolean ConvertedDate:date ConvertedAccountId:reference ConvertedContactId:reference"
    " ConvertedOpportunityId:reference IsUnreadByOwner:boolean",
    "Opportunity": "006 AccountId:reference Name StageName:picklist Amount:currency Probability:percent"
    " ExpectedRevenue:currency CloseDate:date Type:picklist LeadSource:picklist IsClosed:boolean IsWon:boolean"
    " ForecastCategory:picklist ForecastCategoryName:picklist CampaignId:reference OwnerId:reference"
    " ContactId:reference FiscalYear:int FiscalQuarter:int Fiscal HasOpportunityLineItem:boolean"
    " LastAmountChangedHistoryId:reference LastCloseDateChangedHistoryId:reference"
    " LastStageChangeDate:datetime LastActivityDate:date Description:textarea"
    " NextStep RecordTypeId:reference CurrencyIsoCode:picklist",
    "OpportunityHistory": "008 OpportunityId:reference StageName:picklist Amount:currency ExpectedRevenue:currency"
    " CloseDate:date Probability:percent ForecastCategory:picklist CreatedById:reference PrevAmount:currency"
    " PrevCloseDate:date",
    "OpportunityFieldHistory": f"017 OpportunityId:reference {_HISTORY}",
    "OpportunityStage": "01J MasterLabel ApiName SortOrder:int IsActive:boolean IsClosed:boolean IsWon:boolean"
    " DefaultProbability:percent ForecastCategory:picklist ForecastCategoryName:picklist Description",
    "OpportunityContactRole": "00K OpportunityId:reference ContactId:reference Role:picklist IsPrimary:boolean",
    "OpportunityLineItem": "00k OpportunityId:reference Product2Id:reference Quantity:double UnitPrice:currency"
    " TotalPrice:currency ServiceDate:date",
    "Product2": "01t Name ProductCode Family:picklist IsActive:boolean Description:textarea",
    "Campaign": "701 Name Type:picklist Status:picklist ParentId:reference StartDate:date EndDate:date IsActive:boolean"
    " BudgetedCost:currency ActualCost:currency ExpectedRevenue:currency ExpectedResponse:percent NumberSent:double"
    " NumberOfLeads:int NumberOfConvertedLeads:int NumberOfContacts:int NumberOfResponses:int NumberOfOpportunities:int"
    " NumberOfWonOpportunities:int AmountAllOpportunities:currency AmountWonOpportunities:currency OwnerId:reference"
    " Description:textarea",
    "CampaignMember": "00v CampaignId:reference LeadId:reference ContactId:reference LeadOrContactId:reference"
    " Status:picklist HasResponded:boolean FirstRespondedDate:date Type CompanyOrAccount",
    "CampaignMemberStatus": "01Y CampaignId:reference Label IsDefault:boolean HasResponded:boolean SortOrder:int",
    "User": "005 Username Name FirstName LastName Email:email IsActive:boolean UserRoleId:reference ManagerId:reference"
    " ProfileId:reference Department Division Title TimeZoneSidKey:picklist UserType:picklist",
    "UserRole": "00E Name ParentRoleId:reference PortalType:picklist DeveloperName",
    "Group": "00G Name DeveloperName Type:picklist",
    "Task": f"00T {_ACTIVITY} Status:picklist Priority:picklist IsClosed:boolean CallDurationInSeconds:int"
    " CallType:picklist CallDisposition TaskSubtype:picklist CompletedDateTime:datetime",
    "Event": f"00U {_ACTIVITY} StartDateTime:datetime EndDateTime:datetime DurationInMinutes:int"
    " ActivityDateTime:datetime IsAllDayEvent:boolean Location IsChild:boolean IsGroupEvent:boolean"
    " GroupEventType:picklist EventSubtype:picklist",
    "LeadHistory": f"017 LeadId:reference {_HISTORY}",
    "LeadStatus": "01J MasterLabel ApiName SortOrder:int IsConverted:boolean IsDefault:boolean",
    "AccountHistory": f"017 AccountId:reference {_HISTORY}",
    "ContactHistory": f"017 ContactId:reference {_HISTORY}",
    "Case": "500 CaseNumber AccountId:reference ContactId:reference Subject Status:picklist Origin:picklist"
    " Priority:picklist IsClosed:boolean ClosedDate:datetime OwnerId:reference",
    "Contract": "800 AccountId:reference ContractNumber Status:picklist StartDate:date EndDate:date ContractTerm:int",
    "RecordType": "012 Name DeveloperName SobjectType:picklist IsActive:boolean",
    "Organization": "00D Name TimeZoneSidKey:picklist FiscalYearStartMonth:int DefaultLocaleSidKey:picklist",
    "CurrencyType": "01L IsoCode:picklist ConversionRate:double DecimalPlaces:int IsActive:boolean IsCorporate:boolean",
    "DatedConversionRate": "04w IsoCode:picklist ConversionRate:double StartDate:date NextStartDate:date",
}


def _names(text: str) -> dict[str, str]:
    return {name: kind or "string" for name, _, kind in (word.partition(":") for word in text.split())}


STANDARD_FIELDS: Final = {name: _names(text.partition(" ")[2]) for name, text in _OBJECTS.items()}
KEY_PREFIX: Final = {name: text.partition(" ")[0] for name, text in _OBJECTS.items()}
SYSTEM_FIELDS: Final = _names(_SYSTEM)
FIELD_TYPES: Final = SYSTEM_FIELDS | {
    field: kind for fields in STANDARD_FIELDS.values() for field, kind in fields.items()
}

_WITHOUT_IS_DELETED: Final = frozenset(
    [
        "User",
        "UserRole",
        "Group",
        "OpportunityStage",
        "LeadStatus",
        "RecordType",
        "Organization",
        "CurrencyType",
        "DatedConversionRate",
    ]
)
HARD_DELETED: Final = frozenset({"CampaignMember"})
"""Objects whose deleted rows never lie in the recycle bin: only `/deleted` and sweeps tell."""

REFERENCES: Final = {
    "Owner": ("User", "Group"),
    "CreatedBy": ("User",),
    "LastModifiedBy": ("User",),
    "Manager": ("User",),
    "ReportsTo": ("Contact",),
    "Who": ("Lead", "Contact"),
    "What": ("Account", "Opportunity", "Campaign"),
    "LeadOrContact": ("Lead", "Contact"),
    "ConvertedAccount": ("Account",),
    "ConvertedContact": ("Contact",),
    "ConvertedOpportunity": ("Opportunity",),
    "ParentRole": ("UserRole",),
}
OWN_REFERENCES: Final = frozenset({"Parent", "MasterRecord"})
"""Relationships that lead back to the same object."""


def is_history(name: str) -> bool:
    """Say whether an object is a history: insert-only rows without a modification date."""
    return name.endswith(("History", "__History"))


def has_is_deleted(name: str) -> bool:
    """Say whether rows of this object carry `IsDeleted`."""
    return name not in _WITHOUT_IS_DELETED and not is_history(name)


def stamps(name: str) -> tuple[str, ...]:
    """Return the datetime fields that every row of the object carries."""
    if name == "OpportunityHistory":
        return ("CreatedDate", "SystemModstamp")
    return ("CreatedDate",) if is_history(name) else ("CreatedDate", "LastModifiedDate", "SystemModstamp")


def referenced(owner: str, relationship: str) -> tuple[str, ...]:
    """Return the standard objects that a relationship of `owner` may lead to."""
    if relationship in OWN_REFERENCES:
        return (owner,)
    return REFERENCES.get(relationship, (relationship,))
