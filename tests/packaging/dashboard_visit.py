"""Visits every page of the example with Streamlit's AppTest and prints what was there, as JSON. Takes the script."""

import json
import sys

from streamlit.testing.v1 import AppTest

PAGES = ("Overview", "Trends", "Areas", "Inequality", "Records")
PATIENCE_SECONDS = 100


def seen(app: AppTest) -> dict[str, object]:
    return {
        "title": app.title[0].value if app.title else "",
        "errors": [one.message for one in app.exception] + [one.value for one in app.error],
        "charts": sum("vega" in one.type for one in app.main),
        "rows": [len(one.value) for one in app.dataframe],
        "first": [str(one.value.iloc[0, 0]) for one in app.dataframe],
    }


def visit(script: str) -> dict[str, object]:
    app = AppTest.from_file(script).run(timeout=PATIENCE_SECONDS)
    found: dict[str, object] = {}
    for page in PAGES:
        app.sidebar.radio(key="page").set_value(page).run(timeout=PATIENCE_SECONDS)
        found[page] = seen(app)
    last = app.number_input[0].max
    app.number_input[0].set_value(last).run(timeout=PATIENCE_SECONDS)
    found["last page"] = seen(app) | {"number": last}
    app.sidebar.selectbox(key="state").set_value("VIC").run(timeout=PATIENCE_SECONDS)
    found["Victoria"] = seen(app)
    app.sidebar.radio(key="page").set_value("Overview").run(timeout=PATIENCE_SECONDS)
    found["kept"] = seen(app) | {"session": len(app.session_state["ahgd_cache"])}  # caching/tiers/session.py
    found["another visitor"] = seen(AppTest.from_file(script).run(timeout=PATIENCE_SECONDS))
    return found


if __name__ == "__main__":
    found = visit(sys.argv[1])
    from monitoring import get_performance_monitor

    get_performance_monitor().stop_monitoring()
    sys.stdout.write(json.dumps(found))
