#!/bin/sh
# Fills the addresses of .env into alertmanager.yml, leaves out what has none, starts Alertmanager.
# Values reach awk through the environment, so that none of them is in a command line.
set -eu

source="${ALERTMANAGER_SOURCE:-/etc/alertmanager}"
target="${ALERTMANAGER_TARGET:-/tmp/alertmanager}"

fill() {
  awk '
    # Replaces text by text, without patterns: addresses contain & and .
    function put(line, old, new,    at, out) {
      out = ""
      while ((at = index(line, old)) > 0) {
        out = out substr(line, 1, at - 1) new
        line = substr(line, at + length(old))
      }
      return out line
    }
    function yaml(text) {
      text = put(text, "\\", "\\\\")
      return "\"" put(text, "\"", "\\\"") "\""
    }
    BEGIN {
      wanted["webhook"] = ENVIRON["ALERT_WEBHOOK_URL"] != ""
      wanted["watchdog"] = ENVIRON["ALERT_WATCHDOG_URL"] != ""
      wanted["email"] = ENVIRON["ALERT_EMAIL_TO"] != ""
      wanted["email-login"] = ENVIRON["ALERT_SMTP_USERNAME"] != ""
    }
    $1 == "#" && $2 == ">>>" { if (!wanted[$3]) skipping++; open[++depth] = wanted[$3]; next }
    $1 == "#" && $2 == "<<<" { if (!open[depth--]) skipping--; next }
    skipping { next }
    {
      $0 = put($0, "\"http://webhook.example.org/episodarr\"", yaml(ENVIRON["ALERT_WEBHOOK_URL"]))
      $0 = put($0, "\"http://watchdog.example.org/ping\"", yaml(ENVIRON["ALERT_WATCHDOG_URL"]))
      $0 = put($0, "\"you@example.org\"", yaml(ENVIRON["ALERT_EMAIL_TO"]))
      $0 = put($0, "smtp_from: \"episodarr@example.org\"", "smtp_from: " yaml(ENVIRON["ALERT_EMAIL_FROM"]))
      $0 = put($0, "smtp_auth_username: \"episodarr@example.org\"", "smtp_auth_username: " yaml(ENVIRON["ALERT_SMTP_USERNAME"]))
      $0 = put($0, "\"smtp.example.org:587\"", yaml(ENVIRON["ALERT_SMTP_HOST"]))
      $0 = put($0, "smtp_auth_password_file: secrets/", "smtp_auth_password_file: " ENVIRON["SECRETS"] "/")
      print
    }' "$1"
}

mkdir -p "$target/templates"
SECRETS="$source/secrets" fill "$source/alertmanager.yml" > "$target/alertmanager.yml"
for template in "$source"/templates/*.tmpl; do
  awk '
    {
      at = index($0, "http://localhost:3000")
      new = ENVIRON["GRAFANA_URL"]
      sub("/+$", "", new)
      if (at && new != "") $0 = substr($0, 1, at - 1) new substr($0, at + 21)
      print
    }' "$template" > "$target/templates/${template##*/}"
done

exec "$@" --config.file="$target/alertmanager.yml"
