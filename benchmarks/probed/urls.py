"""The console's addresses and those that are compared."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path
from health_check.views import HealthCheckView

from ahgd_ops.urls import handler500 as handler500
from ahgd_ops.urls import urlpatterns as console
from benchmarks.probed import views

STOCK_CHECKS = ("health_check.checks.Database", "health_check.checks.Cache")
urlpatterns = [
    path("plain", views.plain),
    path("hang", views.hang),
    path("stock", login_not_required(HealthCheckView.as_view(checks=STOCK_CHECKS))),
    *console,
]
