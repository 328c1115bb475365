"""Addresses of the command structure. Pages that also show work live in the app above, ``tasks``."""

from django.urls import path

from commands.views import users

app_name = "commands"
urlpatterns = [
    path("users/", users.user_list, name="user_list"),
    path("users/new/", users.user_new, name="user_new"),
    path("users/<int:pk>/", users.user_detail, name="user_detail"),
]
