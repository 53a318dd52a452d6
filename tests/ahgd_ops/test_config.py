from pathlib import Path

import pytest

from ahgd_ops.config import ProductionConfig
from ahgd_ops.variables import VARIABLES
from caching import Variable, WrongValue
from caching.variables import FIELDS
from tests.checkout import PROJECT_DIR


def test_an_empty_environment_gives_the_guides_defaults() -> None:
    config = ProductionConfig.from_environment({})
    assert (config.environment, config.health_endpoint_port, config.max_memory_mb) == ("production", 8502, 2048)
    assert (config.max_cpu_percent, config.session_max_age_hours, config.cache_redis_port) == (80, 24, 6379)


def test_the_guides_environment_is_read() -> None:
    config = ProductionConfig.from_environment(
        {
            "AHGD_ENVIRONMENT": "production",
            "AHGD_PERFORMANCE_MONITORING": "true",
            "AHGD_REDIS_ENABLED": "true",
            "AHGD_REDIS_HOST": "redis",
            "AHGD_ALERT_EMAIL": "true",
            "AHGD_ALERT_EMAIL_RECIPIENTS": "admin@example.com, ops@example.com",
            "AHGD_ALERT_WEBHOOK_URLS": "https://webhook.example.com/alerts",
            "AHGD_MAX_CPU_PERCENT": "72.5",
        }
    )
    assert config.cache_redis_enabled
    assert config.redis_url == "redis://redis:6379/0"
    assert config.alert_email_recipients == ("admin@example.com", "ops@example.com")
    assert config.alert_webhook_enabled
    assert config.max_cpu_percent == 72.5


def test_the_guides_keywords_construct_it() -> None:
    config = ProductionConfig(
        debug_mode=True, log_level="DEBUG", session_cleanup_enabled=True, session_max_age_hours=24
    )
    assert config.debug_mode


def test_it_is_frozen() -> None:
    with pytest.raises(AttributeError):
        ProductionConfig().port = 1  # type: ignore[misc]  # that it is frozen is the point


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AHGD_HEALTH_PORT", "eighty"),
        ("AHGD_HEALTH_PORT", "0"),
        ("AHGD_PORT", "65536"),
        ("AHGD_REDIS_ENABLED", "maybe"),
        ("AHGD_ENVIRONMENT", "prod"),
        ("AHGD_LOG_LEVEL", "LOUD"),
        ("AHGD_MAX_CPU_PERCENT", "nan"),
        ("AHGD_MAX_CPU_PERCENT", "101"),
        ("AHGD_MAX_MEMORY_MB", "2 GB"),
        ("AHGD_PUBLIC_URL", "ops.example.org"),
        ("AHGD_ALERT_WEBHOOK_URLS", "ftp://example.org"),
        ("AHGD_ALERT_EMAIL_RECIPIENTS", "not-an-address"),
        ("AHGD_ALERT_FILE_DIRS", "/var/log, logs"),
        ("AHGD_METRICS_ALLOW", "10.0.0.0/99"),
        ("AHGD_RETRY_SECONDS", "0,soon"),
        ("DATABASE_URL", "mysql://x"),
    ],
)
def test_a_wrong_value_is_one_line_with_the_variable_and_what_is_allowed(name: str, value: str) -> None:
    with pytest.raises(WrongValue) as caught:
        ProductionConfig.from_environment({name: value})
    message = str(caught.value)
    assert message.startswith(name)
    assert "allowed is" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AHGD_SECRET_KEY", "t0ken"),
        ("AHGD_ALERT_WEBHOOK_URLS", "https://hooks.example.org/t0ken, hooks.example.org/t0ken"),
        ("AHGD_HEARTBEAT_URL", "hc.example.org/t0ken"),
    ],
)
def test_a_wrong_secret_is_not_shown(name: str, value: str) -> None:
    with pytest.raises(WrongValue) as caught:
        ProductionConfig.from_environment({name: value})
    assert "t0ken" not in str(caught.value)


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("s3cret\n")
    config = ProductionConfig.from_environment({"AHGD_SMTP_PASSWORD_FILE": str(file)})
    assert config.smtp_password == "s3cret"


def test_a_secret_file_that_is_not_there_is_named() -> None:
    with pytest.raises(WrongValue, match="AHGD_SMTP_PASSWORD_FILE='/nowhere'"):
        ProductionConfig.from_environment({"AHGD_SMTP_PASSWORD_FILE": "/nowhere"})


def test_secrets_are_not_in_the_repr() -> None:
    config = ProductionConfig(
        secret_key="k" * 40,
        smtp_password="p4ss",
        database_url="postgresql://u:pw@h/n",
        alert_webhook_urls=("https://hooks.example.org/t0ken",),
        heartbeat_url="https://hc.example.org/be4t",
    )
    assert not any(secret in repr(config) for secret in ("k" * 40, "p4ss", "pw@h", "t0ken", "be4t"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("environment", "prod"),
        ("port", -5),
        ("port", True),
        ("max_cpu_percent", 900),
        ("database_url", "mysql://x"),
        ("smtp_tls", "tls"),
        ("retry_seconds", (-1,)),
        ("debug_mode", "yes"),
        ("alert_email_recipients", ["nobody"]),
    ],
)
def test_a_wrong_keyword_is_refused_like_a_wrong_variable(field: str, value: object) -> None:
    with pytest.raises(WrongValue, match=f"^{field}=.*allowed is"):
        ProductionConfig(**{field: value})


def test_every_variable_is_used_or_says_by_what_it_will_be() -> None:
    sources = [path for app in ("ahgd_ops", "alerts", "monitoring") for path in (PROJECT_DIR / app).rglob("*.py")]
    read_elsewhere = "".join(
        path.read_text(encoding="utf-8") for path in sources if path.name not in ("config.py", "variables.py")
    )
    derived = {variable.field for variable in FIELDS}  # within the cache's configuration, and redis_url
    unused = {row.field for row in VARIABLES if f"CONFIG.{row.field}" not in read_elsewhere} - derived
    unused = {field for field in unused if f"config.{field}" not in read_elsewhere}
    assert unused == {row.field for row in VARIABLES if row.used_from}


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_every_variable_is_a_field_and_in_the_reference(variable: Variable) -> None:
    assert variable.field in ProductionConfig.__dataclass_fields__
    reference = (PROJECT_DIR / "docs/reference/configuration.md").read_text(encoding="utf-8")
    row = next((line for line in reference.splitlines() if line.startswith(f"| `{variable.name}` ")), "")
    assert variable.help in row
    assert variable.reader.allowed in row
    assert ("it has an effect with" in row) is bool(variable.used_from)
    assert variable.used_from in row


def test_the_reference_names_no_variable_that_is_not_read() -> None:
    reference = (PROJECT_DIR / "docs/reference/configuration.md").read_text(encoding="utf-8")
    named = {line.split("`")[1] for line in reference.splitlines() if line.startswith("| `")}
    assert named == {variable.name for variable in VARIABLES}
