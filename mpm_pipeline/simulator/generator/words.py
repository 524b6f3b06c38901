"""The generator's own words: names of people, companies, places, titles and topics. Provenance: made for this project.

Short on purpose, and mixed so that combinations are many. Company domains end in `.example`, which nobody can own;
telephone numbers come from ranges that are kept free for fiction where a country has one. No list was taken from
elsewhere.
"""

from typing import NamedTuple


class Country(NamedTuple):
    """What the generator knows of a country."""

    name: str
    region: str
    currency: str
    weight: int
    names: str
    city: str
    postal_code: str


FIRST_NAMES = {
    "west": (
        "Ada", "Ben", "Carla", "Dylan", "Elena", "Frank", "Grace", "Hugo", "Irene", "Jack", "Karen", "Liam", "Mona",
        "Nathan", "Olive", "Paul", "Quinn", "Rosa", "Sam", "Tess", "Umar", "Vera", "Will", "Yara", "Zoe", "Robert",
        "Katherine", "Michael", "Anita", "Bruno", "Claire", "Derek", "Edith", "Felix", "Gina", "Harvey", "Isabel",
        "Jonas", "Kim", "Leo", "Martha", "Noel", "Otis", "Petra", "Ralph", "Sonia", "Trevor", "Ursula", "Victor",
        "Wendy", "Xavier", "Yvonne", "Zach",
    ),
    "europe": (
        "Anke", "Björn", "Céline", "Dirk", "Élodie", "Florian", "Greta", "Henrik", "Inês", "Jürgen", "Katrin", "Lars",
        "Maëlle", "Niels", "Oriane", "Pablo", "Ruth", "Søren", "Tomás", "Ulrike", "Víctor", "Wiebke", "Jean-Luc",
        "Zuzanna",
    ),
    "japan": ("Aiko", "Daichi", "Emi", "Haruto", "Kenji", "Mei", "Naoki", "Rina", "Sora", "Yuki", "さくら", "健太", "美咲", "大輔"),
    "asia": ("Aarav", "Bao", "Chitra", "Deepa", "Farid", "Jia", "Kavya", "Linh", "Mei Ling", "Nikhil", "Priya", "Rahul", "Siti", "Wei"),
}  # fmt: skip
LAST_NAMES = {
    "west": (
        "Abbott", "Barlow", "Cooke", "Dalton", "Ellison", "Fairchild", "Garner", "Hale", "Ibarra", "Jennings",
        "Kowalski", "Lowell", "McAdam", "Norwood", "O'Brien", "Pratt", "Quigley", "Ramsey", "Santos", "Thorne",
        "Underhill", "Vance", "Whitfield", "Yates", "Silva", "Moreau", "Okafor", "de la Cruz", "Sharpe", "Winslow",
        "Tanner", "Beckett", "Atwood", "Bellamy", "Crane", "Draper", "Everett", "Finch", "Goddard", "Hollis", "Irwin",
        "Joyce", "Kendall", "Langley", "Mercer", "Neville", "Osborn", "Pike", "Radford", "Sutton", "Tilman", "Usher",
        "Vickers", "Warwick", "Yardley", "Zeller", "Ferreira", "Novak",
    ),
    "europe": (
        "Albrecht", "Baumann", "Castel", "Dvořák", "Engel", "Fournier", "García", "Hansen", "Ivanova", "Jäger",
        "Köhler", "Lindqvist", "Müller", "Nowak", "Ortega", "Peeters", "Quesada", "Rousseau", "Schäfer", "Tremblay",
        "Urban", "van den Berg", "Weiß", "Zimmer", "Øster", "Петрова", "Kaplan", "Haddad", "Aalto", "Bauer", "Conti",
        "Dubois", "Eriksen", "Falk", "Greco", "Holm", "Janssen", "Keller", "Lehmann", "Mancini", "Nilsson", "Olsen",
        "Pereira", "Richter", "Silvestri", "Thomsen", "Vidal", "Wagner",
    ),
    "japan": ("Abe", "Fujita", "Hara", "Ishii", "Kondo", "Mori", "Nakajima", "Okada", "Sato", "Ueda", "Yamane", "田中", "鈴木", "高橋"),
    "asia": ("Anand", "Banerjee", "Chen", "Das", "Goh", "Iyer", "Kapoor", "Lim", "Mehta", "Nguyen", "Pillai", "Rao", "Tan", "Wong"),
}  # fmt: skip
NICKNAMES = {
    "Robert": "Bob",
    "Katherine": "Kate",
    "Michael": "Mike",
    "Will": "William",
    "Sam": "Samantha",
    "Ben": "Benjamin",
}

STEM_A = (
    "Alder", "Amber", "Anchor", "Ash", "Beacon", "Birch", "Black", "Blue", "Bright", "Brook", "Cedar", "Clear", "Cliff",
    "Cobalt", "Copper", "Coral", "Crane", "Dawn", "Deep", "Ember", "Falcon", "Fern", "Flint", "Frost", "Gold",
    "Granite", "Green", "Grey", "Harbor", "Hazel", "Heron", "High", "Iron", "Juniper", "Kestrel", "Lake", "Lark",
    "Maple", "Marsh", "Mill", "Moss", "North", "Oak", "Onyx", "Pine", "Quartz", "Raven", "Red", "River", "Rowan",
    "Sable", "Silver", "Stone", "Summit", "Swift", "Thistle", "Tide", "Willow", "Wind", "Wren",
)  # fmt: skip
STEM_B = (
    "bank", "bay", "bridge", "burn", "crest", "dale", "field", "ford", "forge", "gate", "glen", "grove", "haven",
    "hill", "hurst", "line", "mark", "mere", "mont", "path", "peak", "point", "port", "reach", "ridge", "shore",
    "spring", "vale", "view", "wick",
)  # fmt: skip
TRADES = {
    "Manufacturing": ("Works", "Tooling", "Components"),
    "Banking": ("Capital", "Trust", "Credit"),
    "Healthcare": ("Health", "Care", "Clinics"),
    "Retail": ("Stores", "Goods", "Markets"),
    "Transportation": ("Logistics", "Freight", "Shipping"),
    "Energy": ("Power", "Grid", "Solar"),
    "Technology": ("Systems", "Software", "Labs"),
    "Insurance": ("Mutual", "Assurance", "Cover"),
    "Food & Beverage": ("Foods", "Brewing", "Bakeries"),
    "Education": ("Learning", "Academy", "Institute"),
}
LEGAL_FORMS = {
    "US": ("Inc", "LLC", "Corp", ""), "CA": ("Ltd", "Inc"), "BR": ("Ltda", "S.A."), "GB": ("Ltd", "PLC", "Limited"),
    "DE": ("GmbH", "AG"), "FR": ("SAS", "SA"), "NL": ("B.V.", "N.V."), "ES": ("S.L.", "S.A."), "ZA": ("(Pty) Ltd",),
    "AE": ("LLC",), "JP": ("K.K.", "株式会社"), "AU": ("Pty Ltd",), "IN": ("Pvt Ltd",), "SG": ("Pte Ltd",),
}  # fmt: skip
COUNTRIES = {
    # name, region, currency, weight, whose names, city, postal code
    "US": Country("United States", "AMER", "USD", 42, "west", "Springfield", "62701"),
    "CA": Country("Canada", "AMER", "USD", 5, "west", "Ottawa", "K1A 0B1"),
    "BR": Country("Brazil", "AMER", "USD", 3, "west", "Campinas", "13010-000"),
    "GB": Country("United Kingdom", "EMEA", "USD", 10, "west", "Leeds", "LS1 1UR"),
    "DE": Country("Germany", "EMEA", "EUR", 11, "europe", "Berlin", "10115"),
    "FR": Country("France", "EMEA", "EUR", 6, "europe", "Lyon", "69001"),
    "NL": Country("Netherlands", "EMEA", "EUR", 3, "europe", "Utrecht", "3511 AA"),
    "ES": Country("Spain", "EMEA", "EUR", 3, "europe", "Sevilla", "41001"),
    "ZA": Country("South Africa", "EMEA", "USD", 1, "west", "Durban", "4001"),
    "AE": Country("United Arab Emirates", "EMEA", "USD", 1, "asia", "Dubai", "00000"),
    "JP": Country("Japan", "APAC", "JPY", 8, "japan", "名古屋市", "460-0002"),
    "AU": Country("Australia", "APAC", "USD", 4, "west", "Newcastle", "2300"),
    "IN": Country("India", "APAC", "USD", 3, "asia", "Pune", "411001"),
    "SG": Country("Singapore", "APAC", "USD", 2, "asia", "Singapore", "018956"),
}
PHONES = {
    # code: switchboard, mobile; `#` is any digit, `@` an area code
    "US": ("+1 (@) 555-01##", "+1-@-555-01##"), "CA": ("+1 613-555-01##", "+1 416-555-01##"),
    "BR": ("+55 19 3000-0###", "+55 19 90000-0###"),
    "GB": ("020 7946 0###", "07700 900###"), "DE": ("+49 30 23125 ###", "+49 171 39200##"),
    "FR": ("01 99 00 ## ##", "06 39 98 ## ##"),
    "NL": ("+31 20 000 ####", "+31 6 0000 ####"), "ES": ("+34 910 00 ####", "+34 600 00 ####"),
    "ZA": ("+27 31 000 ####", "+27 60 000 ####"),
    "AE": ("+971 4 000 ####", "+971 50 000 ####"), "JP": ("052-000-####", "090-0000-####"),
    "AU": ("(02) 5550 ####", "0491 57# ###"),
    "IN": ("+91 20 2550 ####", "+91 90000 0####"), "SG": ("+65 6000 ####", "+65 8000 ####"),
}  # fmt: skip
AREA_CODES = [
    "201",
    "206",
    "303",
    "312",
    "404",
    "415",
    "503",
    "512",
    "602",
    "617",
    "702",
    "713",
    "808",
    "904",
    "919",
    "952",
]
TAX_PERCENT = {"DE": 19, "FR": 20, "NL": 21, "ES": 21, "GB": 20, "JP": 10}

TITLES = (
    ("Chief Data Officer", 3), ("VP Marketing", 5), ("VP of Sales Operations", 3), ("Director of Analytics", 8),
    ("Head of Data", 8), ("Marketing Manager", 14), ("Data Engineer", 14), ("Business Analyst", 12), ("IT Manager", 9),
    ("Procurement Specialist", 5), ("Data Scientist", 8), ("Operations Lead", 6), ("Owner", 2), ("Student", 1), ("", 2),
)  # fmt: skip
DEPARTMENTS = ("IT", "Marketing", "Finance", "Operations", "Sales", None)
PRODUCT_LINES = ("Data", "Analytics", "Platform")
INTERESTS = {
    "Data": ("Data Quality", "Customer 360", "Enrichment"),
    "Analytics": ("Dashboards", "Forecasting", "Attribution"),
    "Platform": ("Data Sharing", "Governance", "Streaming"),
}
FREE_MAIL = ("gmail.com", "outlook.com", "yahoo.com", "gmx.de", "hotmail.com")
ROLE_MAILBOXES = ("info", "sales", "billing", "office", "marketing")

SOURCES_KNOWN = (
    "Web",
    "Webinar",
    "Trade Show",
    "Paid Social",
    "Partner Referral",
    "Content Download",
    "Email",
    "Cold Call",
)
SOURCES_PLACEHOLDER = (None, "", "-", "n/a", "Other", "Unknown", "Please select", "PLEASE SELECT", "test", "None")
REJECTION_REASONS = ("No budget", "Competitor", "Student or research", "Bad data", "Wrong region", "Duplicate")
TOPICS = (
    "Customer 360",
    "Data Quality",
    "Forecasting",
    "Governance",
    "Attribution",
    "Data Sharing",
    "Dashboards",
    "Streaming",
)
CITIES = ("Chicago", "Amsterdam", "Singapore", "Boston", "Munich", "Osaka")
SUBJECTS_CALL = ("Call: first contact", "Call", "Intro call", "Call back ☎", "Voicemail left")
SUBJECTS_EMAIL = ("Email: following up", "Email: your request", "Email: next steps")
SUBJECTS_MEETING = (
    "Discovery meeting",
    "Product demo",
    "Technical workshop",
    "Business review",
    "Quarterly check-in",
    "顔合わせ",
)
ROMANISED = {
    "さくら": "sakura", "健太": "kenta", "美咲": "misaki", "大輔": "daisuke", "田中": "tanaka", "鈴木": "suzuki", "高橋": "takahashi",
    "Петрова": "petrova",
}  # fmt: skip
