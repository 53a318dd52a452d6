"""All addresses. /health* and /metrics are answered before these, by ``monitoring.middleware.ProbeMiddleware``."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from ahgd_ops import cache_views, live, views
from ahgd_ops.access import first_sign_in
from ahgd_ops.api import application, push
from monitoring.views import database, jobs

handler500 = "ahgd_ops.views.server_error"
RESET = {"can_mail": bool(settings.CONFIG.smtp_host)}
accounts = [
    path("login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("link/<uidb64>/<token>/", first_sign_in.sign_in_by_link, name="sign-in-by-link"),
    path("set-password/", first_sign_in.set_password, name="set-password"),
    path("password_change/", auth.PasswordChangeView.as_view(), name="password_change"),
    path("password_change/done/", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("password_reset/", auth.PasswordResetView.as_view(extra_context=RESET), name="password_reset"),
    path("password_reset/done/", auth.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path("reset/<uidb64>/<token>/", auth.PasswordResetConfirmView.as_view(), name="password_reset_confirm"),
    path("reset/done/", auth.PasswordResetCompleteView.as_view(), name="password_reset_complete"),
]
console: list[URLPattern | URLResolver] = [
    path("", views.overview, name="overview"),
    path("alerts/", include("alerts.urls")),
    path("silences/", include("alerts.silence_urls")),
    path("", include("monitoring.health_urls")),
    path("cache/", cache_views.page, name="cache"),
    path("cache/invalidate/", cache_views.invalidate, name="cache-invalidate"),
    path("database/", database.page, name="database"),
    path("database/query/<int:pk>/", database.detail, name="database-query"),
    path("jobs/", jobs.page, name="jobs"),
    path("api/live", live.live, name="live"),
    path("api/series", live.series, name="series"),
]
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="overview")),
    path("favicon.ico", views.favicon),
    path("ops/", include(console)),
    path("api/metrics", push.push, name="push"),
    path("api/v1/", include((application.urls(), "api"))),
    path("accounts/", include(accounts)),
    path("admin/login/", views.admin_sign_in),  # before the admin's own
    path("admin/", admin.site.urls),
]
