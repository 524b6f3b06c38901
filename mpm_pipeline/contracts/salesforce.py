"""Contracts of Salesforce's raw records: the fields that staging relies on, of each object that it reads.

A field that an org does not describe (custom fields above all) is never asked for and stays null here. Only what an object
cannot be read without is required; everything else that the API sends stays in the raw log untouched.
"""

from mpm_pipeline.contracts.record import Day, Flag, Instant, Record, Text, Whole, need, opt, stream

STAMP = "SystemModstamp"


class Thing(Record):
    """What every object that can change carries."""

    Id: Text = need("text", "id of 18 characters")
    CreatedDate: Instant = opt("instant", "creation")
    LastModifiedDate: Instant = opt("instant", "newest change by a person or an import")
    SystemModstamp: Instant = opt("instant", "newest change of any kind; orders the versions")
    IsDeleted: Flag = opt("flag", "in the recycle bin, or lost in a merge", says_deleted=True)


class Account(Thing):
    """One company."""

    Name: Text = opt("text", "company name")
    Website: Text = opt("text", "website")
    Phone: Text = opt("text", "phone")
    ParentId: Text = opt("text", "parent company")
    OwnerId: Text = opt("text", "user who owns it")
    NumberOfEmployees: Whole = opt("whole", "head count, tells the segment")
    BillingCountry: Text = opt("text", "country, tells the region")
    MasterRecordId: Text = opt("text", "survivor of a merge")
    Segment__c: Text = opt("text", "the company's own segment, where it keeps one")
    Region__c: Text = opt("text", "the company's own region, where it keeps one")
    Product_Line__c: Text = opt("text", "product line, where the company keeps one")
    Config = stream("salesforce", "Account", "Id", "thing", stamp=STAMP, created="CreatedDate")


class Person(Thing):
    """What leads and contacts share."""

    FirstName: Text = opt("text", "given name")
    LastName: Text = opt("text", "family name")
    Name: Text = opt("text", "full name")
    Email: Text = opt("text", "e-mail")
    Phone: Text = opt("text", "phone")
    MobilePhone: Text = opt("text", "mobile phone")
    Title: Text = opt("text", "job title")
    OwnerId: Text = opt("text", "user or queue that owns the record")
    LeadSource: Text = opt("text", "declared source")
    HasOptedOutOfEmail: Flag = opt("flag", "wants no e-mail")
    DoNotCall: Flag = opt("flag", "wants no calls")
    MasterRecordId: Text = opt("text", "survivor of a merge")
    Do_Not_Contact__c: Flag = opt("flag", "wants no contact by any channel")
    Urgent_Channel__c: Text = opt("text", "channel for urgent notices")
    Urgent_Address__c: Text = opt("text", "address for urgent notices")
    Solution_Interest__c: Text = opt("text", "interests, `a;b`")
    Product_Line__c: Text = opt("text", "product line")
    Segment__c: Text = opt("text", "the record's own segment")
    Region__c: Text = opt("text", "the record's own region")


class Contact(Person):
    """One person at a company."""

    AccountId: Text = opt("text", "company")
    MailingCountry: Text = opt("text", "country")
    Config = stream("salesforce", "Contact", "Id", "thing", stamp=STAMP, created="CreatedDate")


class Lead(Person):
    """One person who may become a customer."""

    CreatedDate: Instant = need("instant", "creation")
    Company: Text = opt("text", "company name as written")
    Website: Text = opt("text", "website")
    Country: Text = opt("text", "country")
    NumberOfEmployees: Whole = opt("whole", "head count")
    Status: Text = opt("text", "status of today")
    IsConverted: Flag = opt("flag", "became contact and opportunity")
    ConvertedDate: Day = opt("day", "day of the conversion")
    ConvertedAccountId: Text = opt("text", "account that it became")
    ConvertedContactId: Text = opt("text", "contact that it became")
    ConvertedOpportunityId: Text = opt("text", "opportunity that it became")
    Rejection_Reason__c: Text = opt("text", "why it was rejected")
    Config = stream("salesforce", "Lead", "Id", "thing", stamp=STAMP, created="CreatedDate")


class LeadHistory(Record):
    """One change of one field of a lead; never changed, never deleted alone."""

    Id: Text = need("text", "id")
    LeadId: Text = need("text", "lead")
    Field: Text = need("text", "field that changed")
    OldValue: Text = opt("text", "value before")
    NewValue: Text = opt("text", "value after")
    CreatedDate: Instant = need("instant", "instant of the change")
    Config = stream("salesforce", "LeadHistory", "Id", "fact", instant="CreatedDate", parent=("LeadId", "Lead"))


class Opportunity(Thing):
    """One deal."""

    CreatedDate: Instant = need("instant", "creation")
    StageName: Text = need("text", "stage of today")
    Name: Text = opt("text", "name")
    AccountId: Text = opt("text", "company")
    OwnerId: Text = opt("text", "user who owns it")
    Amount: Text = opt("decimal", "amount in major units of its currency")
    CurrencyIsoCode: Text = opt("currency", "currency, in orgs with several")
    CloseDate: Day = opt("day", "close date")
    IsClosed: Flag = opt("flag", "decided")
    IsWon: Flag = opt("flag", "won")
    Type: Text = opt("text", "type; the product line where the company keeps no other")
    LeadSource: Text = opt("text", "declared source")
    CampaignId: Text = opt("text", "primary campaign")
    ContactId: Text = opt("text", "primary contact")
    RecordTypeId: Text = opt("text", "sales process")
    Product_Line__c: Text = opt("text", "product line")
    Config = stream("salesforce", "Opportunity", "Id", "thing", stamp=STAMP, created="CreatedDate")


class OpportunityHistory(Record):
    """One state of a deal from an instant on."""

    Id: Text = need("text", "id")
    OpportunityId: Text = need("text", "deal")
    CreatedDate: Instant = need("instant", "instant from which it holds")
    StageName: Text = opt("text", "stage")
    Amount: Text = opt("decimal", "amount in major units")
    CurrencyIsoCode: Text = opt("currency", "currency, in orgs with several")
    CloseDate: Day = opt("day", "close date as of then")
    Config = stream(
        "salesforce", "OpportunityHistory", "Id", "fact", instant="CreatedDate", parent=("OpportunityId", "Opportunity")
    )


class OpportunityStage(Thing):
    """One stage of the sales process."""

    MasterLabel: Text = opt("text", "label")
    ApiName: Text = opt("text", "name by which opportunities name it")
    SortOrder: Whole = opt("whole", "place in the order of stages")
    IsActive: Flag = opt("flag", "may be chosen")
    IsClosed: Flag = opt("flag", "the deal is decided in it")
    IsWon: Flag = opt("flag", "the deal is won in it")
    Config = stream("salesforce", "OpportunityStage", "Id", "thing", stamp=STAMP, created="CreatedDate")


class OpportunityContactRole(Thing):
    """One person's role on one deal."""

    OpportunityId: Text = need("text", "deal")
    ContactId: Text = need("text", "contact")
    Role: Text = opt("text", "role")
    IsPrimary: Flag = opt("flag", "primary contact")
    Config = stream("salesforce", "OpportunityContactRole", "Id", "thing", stamp=STAMP, created="CreatedDate")


class Campaign(Thing):
    """One campaign."""

    Name: Text = opt("text", "name")
    Type: Text = opt("text", "type, tells the channel")
    ParentId: Text = opt("text", "parent campaign")
    StartDate: Day = opt("day", "first day")
    EndDate: Day = opt("day", "last day")
    ActualCost: Text = opt("decimal", "cost in major units")
    CurrencyIsoCode: Text = opt("currency", "currency, in orgs with several")
    Config = stream("salesforce", "Campaign", "Id", "thing", stamp=STAMP, created="CreatedDate")


class CampaignMember(Thing):
    """One person's membership in one campaign."""

    CampaignId: Text = need("text", "campaign")
    LeadId: Text = opt("text", "lead; stays after a conversion")
    ContactId: Text = opt("text", "contact; filled by a conversion")
    HasResponded: Flag = opt("flag", "responded")
    FirstRespondedDate: Day = opt("day", "day of the first response")
    Config = stream("salesforce", "CampaignMember", "Id", "thing", stamp=STAMP, created="CreatedDate")


class User(Thing):
    """One user; never deleted, only deactivated."""

    Name: Text = opt("text", "name")
    Email: Text = opt("text", "e-mail")
    IsActive: Flag = opt("flag", "may log in")
    UserType: Text = opt("text", "Standard for human users")
    TimeZoneSidKey: Text = opt("text", "time zone")
    ManagerId: Text = opt("text", "manager")
    Config = stream("salesforce", "User", "Id", "thing", stamp=STAMP, created="CreatedDate")


class Group(Thing):
    """One group; those of type Queue may own leads."""

    Name: Text = opt("text", "name")
    Type: Text = opt("text", "Queue, Regular, Role...")
    Config = stream("salesforce", "Group", "Id", "thing", stamp=STAMP, created="CreatedDate")


class Activity(Thing):
    """What tasks and events share."""

    WhoId: Text = opt("text", "lead or contact")
    AccountId: Text = opt("text", "company")
    OwnerId: Text = opt("text", "user who acts")
    ActivityDate: Day = opt("day", "day for which it is planned")


class Task(Activity):
    """One piece of work of a user: a call, an e-mail, a to-do."""

    Status: Text = opt("text", "status")
    IsClosed: Flag = opt("flag", "done")
    TaskSubtype: Text = opt("text", "Task, Email, ListEmail, Call, Cadence")
    CompletedDateTime: Instant = opt("instant", "instant of completion")
    IsRecurrence: Flag = opt("flag", "master of a series, itself no work")
    Config = stream("salesforce", "Task", "Id", "thing", stamp=STAMP, created="CreatedDate")


class Event(Activity):
    """One entry of a user's calendar; a group meeting has a child for each invitee."""

    StartDateTime: Instant = opt("instant", "start")
    EndDateTime: Instant = opt("instant", "end")
    ActivityDateTime: Instant = opt("instant", "start, in older API versions")
    IsChild: Flag = opt("flag", "an invitee's copy")
    IsRecurrence: Flag = opt("flag", "master of a series, itself no meeting")
    Config = stream("salesforce", "Event", "Id", "thing", stamp=STAMP, created="CreatedDate")


class Product2(Thing):
    """One product of the product list."""

    Name: Text = need("text", "name")
    Family: Text = opt("text", "product family")
    IsActive: Flag = opt("flag", "still sold")
    Config = stream("salesforce", "Product2", "Id", "thing", stamp=STAMP, created="CreatedDate")


RECORDS = (
    User, Group, Account, Contact, Lead, LeadHistory, Opportunity, OpportunityHistory, OpportunityStage,
    OpportunityContactRole, Campaign, CampaignMember, Task, Event, Product2,
)  # fmt: skip
