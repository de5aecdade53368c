"""The whole URL tree."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from checklists.views.home import home
from portal import views

urlpatterns = [
    path("", home, name="home"),
    path("", include("checklists.urls")),
    path("advisories/", include("advisories.urls")),
    path("admin/", admin.site.urls),
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("language/", views.language, name="set_language"),
    path("sw.js", views.worker, name="worker"),
    path("session/", views.session, name="session"),
    path("healthz", views.health, name="health"),
]
