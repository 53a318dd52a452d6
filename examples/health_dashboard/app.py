"""The example: a small dashboard over SA2 health data. Run it with ``streamlit run app.py``."""

import streamlit as st

from dashboard import bad_day, filters, visitors
from dashboard.pages import PAGES
from dashboard.watching import DATA_DIR, watched

st.set_page_config(page_title="Health dashboard", page_icon=":material/monitor_heart:", layout="wide")
if not (DATA_DIR / "health.sqlite3").exists():
    st.error(f"There is no data in {DATA_DIR}. Make it with: python generate.py {DATA_DIR}")
    st.stop()

visitors.note()
name = st.sidebar.radio(
    "Page", list(PAGES), key="page", on_change=watched().track_user_interaction, args=("navigate", "sidebar")
)
with watched().track_page_load(f"dashboard-{name.lower()}"):
    bad_day.suffer()
    PAGES[name](filters.choose())
st.sidebar.caption("Made-up data, of no real person or place.")
