"""Which of the two text formats a scraper's ``Accept`` header asks for, by its weights (RFC 9110, 12.5.1).

Ours, because ``choose_encoder`` of prometheus_client looks at no weight, and Django's ``get_preferred_type`` gives
OpenMetrics to whoever accepts anything, such as curl.
"""


def prefers_openmetrics(accept: str) -> bool:
    """Whether OpenMetrics is listed, at least as high as plain text. Nonsense counts as not listed."""
    weights = dict(_weight(part) for part in reversed(accept.split(",")))
    wanted = weights.get("application/openmetrics-text", 0.0)
    return wanted > 0 and wanted >= weights.get("text/plain", 0.0)


def _weight(part: str) -> tuple[str, float]:
    media, *parameters = (text.strip() for text in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().casefold() == "q":
            try:
                return media.casefold(), float(value)
            except ValueError:
                return media.casefold(), 0.0
    return media.casefold(), 1.0
