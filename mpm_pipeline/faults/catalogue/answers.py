"""Answers that are not what was asked for: errors inside a 200, empty pages, quotas, tokens, cursors that died, foreign hosts."""

from mpm_pipeline.faults.catalogue.build import ALL, LINKEDIN, MARKETO, SALESFORCE, STRIPE, over
from mpm_pipeline.faults.injection import Injection

HTML = "<!DOCTYPE html><html><body><h1>We will be back soon</h1></body></html>"
AGAIN = "It is no page, so it is asked for again."
JUNK = {
    "salesforce": '[{"errorCode":"SERVER_UNAVAILABLE","message":"try later"}]',
    "marketo": '{"requestId":"1","success":false,"errors":[{"code":"611","message":"System error"}]}',
    "linkedin": '{"status":500,"message":"Internal Server Error"}',
    "stripe": '{"error":{"type":"api_error","message":"An unknown error occurred"}}',
}
BUSY = {
    "salesforce": (503, '[{"errorCode":"SERVER_UNAVAILABLE","message":"try later"}]'),
    "marketo": (200, '{"requestId":"1","success":false,"errors":[{"code":"606","message":"Max rate limit exceeded"}]}'),
    "linkedin": (429, '{"status":429,"code":"TOO_MANY_REQUESTS","message":"throttled"}'),
    "stripe": (429, '{"error":{"code":"rate_limit","type":"invalid_request_error"}}'),
}
REVOKED = {
    "salesforce": (401, '[{"errorCode":"INVALID_SESSION_ID","message":"Session expired or invalid"}]'),
    "marketo": (200, '{"requestId":"1","success":false,"errors":[{"code":"602","message":"Access token expired"}]}'),
    "linkedin": (401, '{"status":401,"code":"EXPIRED_ACCESS_TOKEN","message":"expired"}'),
    "stripe": (401, '{"error":{"type":"invalid_request_error","message":"Expired API Key provided"}}'),
}


def _said(vendor: str, words: dict[str, tuple[int, str]], at: int = 2, times: int = 1, after: str = "") -> Injection:
    status, body = words[vendor]
    wish = (("Retry-After", after),) if after else ()
    return Injection("replace", at=at, times=times, status=status, body=body, headers=wish)


def _each(name, kind, text, right, make, vendors=ALL, **more):
    return tuple(fault for one in vendors for fault in over((one,), name, kind, text, right, make(one), **more))


FAULTS = (
    *over(ALL, "html-200", "envelope", "A page of HTML comes with status 200.", AGAIN,
          Injection("replace", at=2, body=HTML)),
    *_each("error-in-200", "envelope", "An error comes with status 200 in the middle of paging.", AGAIN,
           lambda one: Injection("replace", at=2, body=JUNK[one])),
    *over(ALL, "empty-page", "envelope", "A page comes without its rows though more follow.",
          "It contradicts itself or its neighbours, so it is asked for again.", Injection("empty", at=2)),
    *over(ALL, "empty-last-page", "envelope", "The last page comes without its rows, once.",
          "A page that was announced and is empty is asked for again.", Injection("empty", at=3)),
    *over(SALESFORCE + STRIPE, "empty-object", "envelope", "The answer is `{}`, once.", AGAIN,
          Injection("replace", at=2, body="{}")),
    *over(LINKEDIN, "a-list", "envelope", "The answer is `[]`, once.", AGAIN, Injection("replace", at=2, body="[]")),
    *over(MARKETO, "null-body", "envelope", "The answer is `null`, once.", AGAIN, Injection("replace", at=2, body="null")),
    *over(STRIPE, "no-body", "envelope", "The answer has status 200 and no body, once.", AGAIN, Injection("replace", at=2)),
    *_each("rate-limit", "quota", "Too many requests, once, with a wish to wait a second.", "It waits that long and goes on.",
           lambda one: _said(one, BUSY, after="1")),
    *over(SALESFORCE, "rate-limit-date", "quota", "429 with `Retry-After` as a date that has passed by the server's clock.",
          "The date is read against the server's own `Date`.",
          Injection("replace", at=2, status=429, body="{}", headers=(("Retry-After", "Mon, 30 Mar 2026 12:00:01 GMT"),))),
    *over(STRIPE, "rate-limit-day", "quota", "429 with a wish to wait a day.",
          "The wish is beyond the budget: the run fails loudly at once and the next one goes on.",
          Injection("replace", at=2, status=429, body="{}", headers=(("Retry-After", "86400"),)), expected="RS"),
    *_each("rate-limit-six", "quota", "Too many requests, six times.", "The budget is time, not a number of tries.",
           lambda one: _said(one, BUSY, times=6)),
    *over(SALESFORCE + LINKEDIN, "unavailable-three", "outage", "503, three times.", "It is asked again until it answers.",
          Injection("replace", at=2, times=3, status=503)),
    *over(ALL, "outage", "outage", "503 for longer than the budget.",
          "The run fails loudly when its budget is spent; nothing is lost, the next run goes on.",
          Injection("replace", at=2, times=0, status=503), expected="RS"),
    *over(MARKETO + STRIPE, "server-error", "outage", "500 and 502 in the middle of paging.", "It is asked again.",
          Injection("replace", at=2, status=500, body="{}"), Injection("replace", at=4, status=502, body=HTML)),
    *_each("token-expired", "token", "The token is refused in the middle of paging, once.",
           "A new token is asked for once; a key that cannot be renewed ends the run loudly.",
           lambda one: _said(one, REVOKED), expected="SR"),
    *_each("credentials-revoked", "token", "The credentials are refused from the second page on.",
           "The run ends after one renewal, without a storm of tries; the next one goes on.",
           lambda one: _said(one, REVOKED, times=0), expected="R"),
    *over(SALESFORCE, "token-expires-while-waiting", "token", "The token expires while a wish to wait is kept.",
          "The header of each attempt is made anew.", _said("salesforce", BUSY, after="1"), _said("salesforce", REVOKED, at=3)),
    *over(SALESFORCE + MARKETO, "token-place-down", "token", "The place that gives tokens answers 503 twice.",
          "It is asked again within the budget.", Injection("replace", path="token", at=1, times=2, status=503)),
    *over(SALESFORCE, "token-html", "token", "The place that gives tokens answers with HTML, once.", AGAIN,
          Injection("replace", path="token", at=1, body=HTML)),
    *over(SALESFORCE, "cursor-expired", "cursor", "The page's cursor is no longer known.",
          "The query is asked anew from the last row seen.",
          Injection("replace", at=2, status=400, body='[{"errorCode":"INVALID_QUERY_LOCATOR","message":"expired"}]')),
    *over(STRIPE, "cursor-expired", "cursor", "The object after which the page begins is gone.",
          "The page begins after the object before it.",
          Injection("replace", at=2, status=400, body='{"error":{"code":"resource_missing","param":"starting_after"}}')),
    *over(MARKETO, "cursor-expired", "cursor", "The page's token is no longer valid.",
          "The window is asked anew, or the run fails loudly and the next one goes on.",
          Injection("replace", at=2, body='{"success":false,"errors":[{"code":"1003","message":"Invalid paging token"}]}'),
          expected="SR"),
    *over(ALL, "page-twice", "paging", "A page comes again instead of the next one, once.",
          "Rows that came are known by their keys; what did not come is asked for again.", Injection("repeat", at=2),
          expected="SR"),
    *over(ALL, "page-loop", "paging", "One and the same page comes for ever.",
          "The loop is seen after few requests; the run fails loudly and the next one goes on.",
          Injection("repeat", at=2, times=0), expected="RS"),
    *over(SALESFORCE, "next-to-foreign-host", "foreign", "The link to the next page names another host.",
          "The link is not followed, and no token leaves.", Injection("foreign", at=1), expected="RS", follows_links=True),
    *over(SALESFORCE, "token-names-foreign-host", "foreign", "The token's answer names another host as the instance.",
          "The host is not asked, and no token leaves.", Injection("foreign", path="token", at=1), expected="RS",
          follows_links=True),
    *over(ALL, "redirect", "foreign", "A page is answered with a redirect to another host.", "Redirects are not followed.",
          Injection("redirect", at=2, status=302), expected="RS", follows_links=True),
    *over(SALESFORCE, "redirect-kept-method", "foreign", "The token's place redirects to another host, credentials and all.",
          "Redirects are not followed.", Injection("redirect", path="token", at=1, status=307), expected="RS",
          follows_links=True),
    *over(STRIPE + LINKEDIN, "forbidden", "refusal", "403 in the middle of paging, once.",
          "The run fails loudly; the next one goes on.", Injection("replace", at=2, status=403, body="{}"), expected="RS"),
    *over(STRIPE + SALESFORCE, "not-found", "refusal", "404 in the middle of paging, once.",
          "The run fails loudly or asks again; it never takes it for the end.",
          Injection("replace", at=2, status=404, body="{}"), expected="RS"),
)  # fmt: skip
