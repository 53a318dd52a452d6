"""Addresses of the silences pages, under /ops/silences/."""

from django.urls import path

from alerts.views import silences

app_name = "silences"
urlpatterns = [
    path("", silences.listing, name="list"),
    path("new/", silences.new, name="new"),
    path("<int:silence_id>/extend/", silences.extend, name="extend"),
    path("<int:silence_id>/end/", silences.end, name="end"),
]
