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

base32_of() { # hexadecimal digits, as bytes in base 32
    for byte in $(printf '%s' "$1" | sed 's/../0x& /g'); do
        printf "\\$(printf '%03o' "$byte")"
    done | base32 --wrap=0 | tr -d '='
}

checked() { # hexadecimal digits, with their CRC-16 (XMODEM, low byte first), as NATS wants it
    rest=0
    for byte in $(printf '%s' "$1" | sed 's/../0x& /g'); do
        rest=$((rest ^ byte << 8))
        for _ in 1 2 3 4 5 6 7 8; do
            if [ $((rest & 0x8000)) -ne 0 ]; then rest=$(((rest << 1 ^ 0x1021) & 0xFFFF)); else rest=$((rest << 1 & 0xFFFF)); fi
        done
    done
    printf '%s%02x%02x' "$1" $((rest & 0xFF)) $((rest >> 8))
}

raw() { # the last 32 bytes of a DER file are the key itself
    tail -c 32 | od -An -v -tx1 | tr -d ' \n'
}

nkey() { # name: a seed and what the server may know of it, unless the seed exists
    [ -e "$folder/nats_$1_url" ] && return
    openssl genpkey -algorithm ed25519 -outform DER -out "$folder/.nkey.new"
    public=$(openssl pkey -inform DER -in "$folder/.nkey.new" -pubout -outform DER | raw)
    seed=$(raw <"$folder/.nkey.new")
    rm "$folder/.nkey.new"
    printf 'nats://%s@nats:4222' "$(base32_of "$(checked "9500$seed")")" | keep "nats_$1_url"
    printf '%s_NKEY: "%s"\n' "$(echo "$1" | tr '[:lower:]' '[:upper:]')" "$(base32_of "$(checked "a0$public")")" \
        >>"$folder/nats_users.conf.new"
}

keep() { # name: standard input becomes the secret, unless it exists
    [ -e "$folder/$1" ] && { cat >/dev/null; return; }
    cat >"$folder/$1.new"
    # Compose mounts the file as it is, and the services run as users of their own; the folder is what is closed.
    chmod 444 "$folder/$1.new"
    mv "$folder/$1.new" "$folder/$1"
    echo "made $folder/$1"
}

for name in postgres_admin visits_owner visits feedback_owner feedback notify_owner notify; do
    password | keep "${name}_password"
done

for service in visits feedback notify; do
    for role in "$service" "${service}_owner"; do
        printf 'postgresql://%s:%s@postgres:5432/%s' "$role" "$(cat "$folder/${role}_password")" "$service" |
            keep "${role}_database_url"
    done
done

# The bus knows of each key only what anybody may know; the seeds stand in the addresses of who uses them.
for user in admin visits feedback notify; do
    nkey "$user"
done
if [ -e "$folder/nats_users.conf.new" ]; then
    # A key made again takes the place of the one before it.
    [ ! -e "$folder/nats_users.conf" ] || cat "$folder/nats_users.conf" >>"$folder/nats_users.conf.new"
    sort -s -t: -k1,1 -u "$folder/nats_users.conf.new" >"$folder/.users.new"
    rm -f "$folder/nats_users.conf" "$folder/nats_users.conf.new"
    keep nats_users.conf <"$folder/.users.new"
    rm "$folder/.users.new"
fi

# 32 bytes for AES-256; the name before the colon tells which key sealed a contact (docs/operations.md).
printf '1:%s' "$(head -c 32 /dev/urandom | base64 | tr -d '\n')" | keep feedback_contact_key

# 32 bytes in base64url: what browsers bind their subscriptions to, and what these are sealed with.
head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n' | keep notify_push_key

# Empty until somebody fills them: no mail password, and alerts that only stand in Alertmanager.
printf '' | keep smtp_password
printf 'http://127.0.0.1:9/nobody-is-told' | keep alert_webhook_url
