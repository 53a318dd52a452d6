"""The pages: each takes the filters and draws itself."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard import questions
from dashboard.filters import Filters
from dashboard.watching import watched

Page = Callable[[Filters], None]


def overview(chosen: Filters) -> None:
    st.title(f"Health in {chosen.state}")
    row = questions.totals(chosen.state).iloc[0]
    for column, (label, text) in zip(
        st.columns(3),
        {
            "Areas (SA2)": f"{int(row['areas']):,}",
            "People": f"{int(row['people']):,}",
            "Mean IRSD score": f"{row['score']:.0f}",
        }.items(),
        strict=True,
    ):
        column.metric(label, text)
    st.subheader(f"Long-term conditions, {chosen.year}")
    found = questions.conditions_of(chosen.state, chosen.year)
    st.bar_chart(
        found,
        x="condition",
        y="prevalence",
        x_label="",
        y_label="percent of adults",
        horizontal=True,
        sort="-prevalence",
    )


def trends(chosen: Filters) -> None:
    st.title(chosen.condition)
    left, right = st.columns(2)
    left.subheader(f"In {chosen.state}, over the years")
    line = questions.trend(chosen.state, chosen.condition).assign(year=lambda table: table["year"].astype(str))
    left.line_chart(line, x="year", y="prevalence", x_label="", y_label="percent of adults")
    right.subheader(f"By state, {chosen.year}")
    states = questions.by_state(chosen.year, chosen.condition)
    right.bar_chart(states, x="state", y="prevalence", x_label="", y_label="percent of adults")


def areas(chosen: Filters) -> None:
    st.title(f"Where {chosen.condition.lower()} is most common")
    st.caption(f"The twenty areas of {chosen.state} with the highest prevalence in {chosen.year}.")
    _table(questions.worst_areas(chosen.state, chosen.year, chosen.condition), "areas")


def inequality(chosen: Filters) -> None:
    st.title(f"{chosen.condition} and disadvantage")
    st.caption("By decile of the IRSD score, all states and years; 1 is most disadvantaged. The first visitor waits.")
    found = questions.inequality(chosen.condition)
    left, right = st.columns(2)
    left.bar_chart(found, x="decile", y="prevalence", x_label="decile", y_label="percent of adults")
    right.bar_chart(found, x="decile", y="death_rate", x_label="decile", y_label="deaths per 100 000, mean of groups")


def records(chosen: Filters) -> None:
    st.title(f"All records of {chosen.state}")
    paginated = questions.records(chosen.state)
    last = max(1, paginated.total_pages)
    number = st.number_input(
        f"Page, of {last:,}",
        min_value=1,
        max_value=last,
        key=f"page_of_{chosen.state}",
        on_change=watched().track_user_interaction,
        args=("page", "records"),
    )
    _table(paginated.get_page(int(number) - 1), "records")
    st.caption(f"{paginated.total_rows:,} records; a page takes as long at the end as at the beginning.")


def _table(found: pd.DataFrame, page: str) -> None:
    watched().add_custom_metric("dashboard_rows_shown", len(found), "application", {"page": page})
    st.dataframe(found, hide_index=True, width="stretch", column_config=_COLUMNS)


_COLUMNS = {
    "id": None,
    "sa2_code": st.column_config.TextColumn("SA2"),
    "sa2_name": "Area",
    "remoteness": "Remoteness",
    "year": st.column_config.NumberColumn("Year", format="%d"),
    "condition": "Condition",
    "prevalence_percent": st.column_config.NumberColumn("Percent of adults", format="%.1f"),
}
PAGES: dict[str, Page] = {
    "Overview": overview,
    "Trends": trends,
    "Areas": areas,
    "Inequality": inequality,
    "Records": records,
}
