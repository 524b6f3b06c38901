"""The models of the customer layer, in an order in which they can be built.

SQL files beside this module are found by name; what is a function is named here with its inputs. `id_registry` and
`id_redirect` read their own rows of the run before.
"""

from pathlib import Path

from mpm_pipeline.customer import identify
from mpm_pipeline.customer.domains import mail_domains
from mpm_pipeline.customer.registry import id_registry
from mpm_pipeline.warehouse.models import Model, in_order, sql_models

MODELS = in_order(
    [
        *sql_models(Path(__file__).parent, "customer"),
        *(
            Model(name, name, identify.INPUTS, function=identify.identify, purpose=purpose)
            for name, purpose in identify.OUTPUTS.items()
        ),
        Model(
            "customer.mail_domain",
            "customer.mail_domain",
            ("customer.identity_record", "staged.referral", "reference.free_mail", "run.setting"),
            function=mail_domains,
            purpose="What the domain of a mailbox tells: the registered part, free mail, our own people.",
        ),
        Model(
            "customer.id_registry",
            "customer.id_registry",
            ("customer.identity_record", "customer.identity_key", "customer.key_guard", "customer.person_cluster", "customer.person_record",
             "customer.id_registry", "run.identity_decision", "run.setting"),
            function=id_registry,
            purpose="Every record ever seen and the customer id that it bears; ids of the run before are kept.",
        ),
    ]
)  # fmt: skip
