"""The dashboard of an account."""

from reprieve.guard.resources import Dashboard
from stacks.cdk import AwsProvider, CloudwatchDashboard, Construct
from stacks.references import References


def add_dashboard(
    scope: Construct, dashboard: Dashboard, provider: AwsProvider, references: References
) -> None:
    """Create the dashboard."""
    CloudwatchDashboard(
        scope,
        "dashboard",
        provider=provider,
        dashboard_name=dashboard.name,
        dashboard_body=references.json(dashboard.body),
    )
