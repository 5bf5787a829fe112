#!/bin/sh
# Makes the secrets of an installation, each once, into deploy/secrets/ (or the folder named as $1).
# Running it again keeps what is there and makes what is missing. To change one: docs/operations.md#rotate-secrets.
set -eu
umask 077
cd "$(dirname "$0")"
folder=${1:-secrets}
mkdir -p "$folder"
chmod 700 "$folder"

password() { # 32 letters and digits: safe in an address, in SQL and in nats.conf
    LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | dd bs=32 count=1 2>/dev/null
}

keep() { # name: standard input becomes the secret, unless it exists
    [ -e "$folder/$1" ] && { cat >/dev/null; return; }
    cat >"$folder/$1.new"
    # Compose mounts the file as it is, and the services run as users of their own; the folder is what is closed.
    chmod 444 "$folder/$1.new"
    mv "$folder/$1.new" "$folder/$1"
    echo "made $folder/$1"
}

for name in postgres_admin visits_owner visits feedback_owner feedback notify_owner notify \
    nats_admin nats_visits nats_feedback nats_notify; do
    password | keep "${name}_password"
done

for service in visits feedback notify; do
    for role in "$service" "${service}_owner"; do
        printf 'postgresql://%s:%s@postgres:5432/%s' "$role" "$(cat "$folder/${role}_password")" "$service" |
            keep "${role}_database_url"
    done
done

for user in admin visits feedback notify; do
    printf 'nats://%s:%s@nats:4222' "$user" "$(cat "$folder/nats_${user}_password")" | keep "nats_${user}_url"
done
for user in admin visits feedback notify; do
    printf '%s_PASSWORD: "%s"\n' "$(echo "$user" | tr '[:lower:]' '[:upper:]')" \
        "$(cat "$folder/nats_${user}_password")"
done | keep nats_passwords.conf

# 32 bytes for AES-256; the name before the colon tells which key sealed a contact (docs/operations.md).
printf '1:%s' "$(head -c 32 /dev/urandom | base64 | tr -d '\n')" | keep feedback_contact_key

# Empty until somebody fills them: no mail password, and alerts that only stand in Alertmanager.
printf '' | keep smtp_password
printf 'http://127.0.0.1:9/nobody-is-told' | keep alert_webhook_url
