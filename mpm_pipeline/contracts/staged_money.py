"""Contracts of the staged tables about billing, one row per record of the billing system.

Amounts are minor units of the invoice's currency, instants UTC. Prices keep their decimal text, because a price may be a
fraction of a minor unit; it becomes money only after quantity and normalisation.
"""

from mpm_pipeline.contracts.staged_sales import SOURCE
from mpm_pipeline.contracts.table import Flag, Instant, Table, Text, Whole, describe, key, may, must


class StagedBillingCustomer(Table):
    """One customer of the billing system, deleted ones included and flagged."""

    source: Text = key(SOURCE)
    customer_id: Text = key("the vendor's id")
    name: Text = may("name as written")
    email: Text = may("e-mail, trimmed and lower case")
    phone: Text = may("phone as written")
    country: Text = may("country of the billing address")
    crm_account_id: Text = may("declared CRM account (metadata sfdc_account_id or salesforce_account_id)")
    currency_code: Text = may("default currency, upper case")
    is_deleted: Flag = must("deleted at the source")
    created_at: Instant = must("creation")
    Config = describe("staged.billing_customer", ["source", "customer_id"])


class StagedSubscription(Table):
    """One subscription as the billing system shows it today."""

    source: Text = key(SOURCE)
    subscription_id: Text = key("the vendor's id")
    customer_id: Text = must("customer")
    status: Text = must("status of today")
    currency_code: Text = must("currency, upper case")
    trial_start_at: Instant = may("start of the trial")
    trial_end_at: Instant = may("end of the trial")
    canceled_at: Instant = may("when the cancellation was made")
    ended_at: Instant = may("when it ended")
    is_paused: Flag = must("paused today: status, or pause_collection set")
    started_at: Instant = must("start")
    created_at: Instant = must("creation")
    Config = describe("staged.subscription", ["source", "subscription_id"])


class StagedSubscriptionState(Table):
    """One known change of a subscription's status or pause, from an event or from the version that first showed it."""

    source: Text = key(SOURCE)
    subscription_id: Text = key("subscription")
    at: Instant = key("instant from which it is known to hold")
    status: Text = must("status from then on")
    is_paused: Flag = must("paused from then on")
    Config = describe("staged.subscription_state", ["source", "subscription_id", "at"])


class StagedSubscriptionItem(Table):
    """One item of a subscription as it is today."""

    source: Text = key(SOURCE)
    item_id: Text = key("the vendor's id")
    subscription_id: Text = must("subscription")
    price_id: Text = may("price")
    quantity: Whole = may("quantity; null for metered ones")
    Config = describe("staged.subscription_item", ["source", "item_id"])


class StagedPrice(Table):
    """One price, from the price list or as embedded in an item or an old invoice line."""

    source: Text = key(SOURCE)
    price_id: Text = key("the vendor's id")
    currency_code: Text = must("currency, upper case")
    unit_amount_decimal: Text = may("price of one unit in minor units as decimal text; null for tiered prices")
    interval: Text = may("day, week, month or year; null for one-off prices")
    interval_count: Whole = may("number of intervals per billing")
    is_metered: Flag = must("billed by usage: never part of MRR")
    is_tiered: Flag = must("price depends on quantity: the line's amount counts")
    Config = describe("staged.price", ["source", "price_id"])


class StagedInvoice(Table):
    """One invoice as the billing system shows it today."""

    source: Text = key(SOURCE)
    invoice_id: Text = key("the vendor's id")
    customer_id: Text = must("customer")
    subscription_id: Text = may("subscription that it bills")
    status: Text = must("draft, open, paid, uncollectible or void")
    currency_code: Text = must("currency, upper case")
    total_minor: Whole = must("total with tax, after discounts")
    tax_minor: Whole = must("tax in the total")
    discount_minor: Whole = must("discounts of the invoice as a whole and of its lines")
    amount_paid_minor: Whole = must("amount paid")
    post_payment_credit_minor: Whole = must("credit notes after payment, as the invoice says")
    created_at: Instant = must("creation")
    finalized_at: Instant = may("when it became a demand; null for drafts")
    paid_at: Instant = may("when it was paid")
    voided_at: Instant = may("when it was voided")
    Config = describe("staged.invoice", ["source", "invoice_id"])


class StagedInvoiceLine(Table):
    """One line of an invoice."""

    source: Text = key(SOURCE)
    line_id: Text = key("the vendor's id")
    invoice_id: Text = must("invoice")
    subscription_id: Text = may("subscription that the line bills")
    subscription_item_id: Text = may("item that the line bills")
    price_id: Text = may("price")
    unit_amount_decimal: Text = may("price of one unit in minor units as decimal text")
    quantity: Whole = may("quantity")
    amount_minor: Whole = must("amount before line discounts, without exclusive tax; negative for credits")
    discount_minor: Whole = must("discounts of the line, positive")
    tax_minor: Whole = must("tax of the line")
    inclusive_tax_minor: Whole = must("the part of the tax that is inside amount_minor")
    is_proration: Flag = must("a proration after a change within the period")
    period_start_at: Instant = must("start of the period that the line pays for")
    period_end_at: Instant = must("end of that period, exclusive")
    Config = describe("staged.invoice_line", ["source", "line_id"])


class StagedPayment(Table):
    """One charge."""

    source: Text = key(SOURCE)
    payment_id: Text = key("the vendor's id of the charge")
    customer_id: Text = may("customer")
    payment_intent_id: Text = may("payment intent")
    invoice_id: Text = may("invoice, where an old API version names it on the charge")
    status: Text = must("succeeded, pending or failed")
    amount_minor: Whole = must("amount")
    currency_code: Text = must("currency, upper case")
    created_at: Instant = must("instant of the charge")
    Config = describe("staged.payment", ["source", "payment_id"])


class StagedInvoicePayment(Table):
    """One payment of one invoice: the bridge from charges to invoices."""

    source: Text = key(SOURCE)
    invoice_payment_id: Text = key("the vendor's id")
    invoice_id: Text = must("invoice")
    payment_intent_id: Text = may("payment intent that paid")
    payment_id: Text = may("charge that paid, where it is named directly")
    status: Text = must("open, paid or canceled")
    amount_paid_minor: Whole = must("amount paid")
    currency_code: Text = must("currency, upper case")
    paid_at: Instant = may("when it was paid")
    Config = describe("staged.invoice_payment", ["source", "invoice_payment_id"])


class StagedRefund(Table):
    """One refund of a charge."""

    source: Text = key(SOURCE)
    refund_id: Text = key("the vendor's id")
    payment_id: Text = may("charge")
    payment_intent_id: Text = may("payment intent")
    status: Text = must("succeeded, pending, failed, canceled or requires_action")
    amount_minor: Whole = must("amount given back, tax included")
    currency_code: Text = must("currency, upper case")
    created_at: Instant = must("instant")
    Config = describe("staged.refund", ["source", "refund_id"])


class StagedCreditNote(Table):
    """One credit note."""

    source: Text = key(SOURCE)
    credit_note_id: Text = key("the vendor's id")
    invoice_id: Text = must("invoice that it corrects")
    customer_id: Text = may("customer")
    status: Text = must("issued or void")
    total_minor: Whole = must("total, tax included")
    tax_minor: Whole = must("tax in the total")
    pre_payment_minor: Whole = must("part that lowered what was due")
    post_payment_minor: Whole = must("part that gave back what was paid")
    currency_code: Text = must("currency, upper case")
    created_at: Instant = must("instant")
    Config = describe("staged.credit_note", ["source", "credit_note_id"])


class StagedCreditNoteRefund(Table):
    """One refund that a credit note names, so that money given back is counted once."""

    source: Text = key(SOURCE)
    credit_note_id: Text = key("credit note")
    refund_id: Text = key("refund")
    Config = describe("staged.credit_note_refund", ["source", "credit_note_id", "refund_id"])


TABLES = (
    StagedBillingCustomer, StagedSubscription, StagedSubscriptionState, StagedSubscriptionItem, StagedPrice, StagedInvoice,
    StagedInvoiceLine, StagedPayment, StagedInvoicePayment, StagedRefund, StagedCreditNote, StagedCreditNoteRefund,
)  # fmt: skip
