"""Addresses of the health pages, under /ops/. A check's name may have an @, as ``disk@host-b``."""

from django.urls import path

from monitoring.views import health

app_name = "health"
urlpatterns = [
    path("health.json", health.overall_json, name="json"),
    path("health.csv", health.overall_csv, name="csv"),
    path("health/", health.overall, name="overall"),
    path("health/<str:name>.json", health.check_json, name="check-json"),
    path("health/<str:name>.csv", health.check_csv, name="check-csv"),
    path("health/<str:name>/", health.check, name="check"),
]
