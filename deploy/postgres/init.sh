#!/bin/bash
# Runs once, in an empty cluster: a database for each service, closed to the others, and two roles for it.
# `<service>_owner` makes and changes tables (`field-visits migrate`); `<service>` reads and writes rows, no more.
set -euo pipefail
secrets=${SECRETS_DIR:-/run/secrets}

run() {
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$1" "${@:2}"
}

for service in visits feedback notify; do
    run postgres \
        --set service="$service" \
        --set owner="${service}_owner" \
        --set password="$(<"$secrets/${service}_password")" \
        --set owner_password="$(<"$secrets/${service}_owner_password")" <<'SQL'
CREATE ROLE :"owner" LOGIN PASSWORD :'owner_password' CONNECTION LIMIT 5;
CREATE ROLE :"service" LOGIN PASSWORD :'password' CONNECTION LIMIT 60;
CREATE DATABASE :"service" OWNER :"owner";
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"service" TO :"service";
ALTER ROLE :"service" SET statement_timeout = '15s';
ALTER ROLE :"service" SET lock_timeout = '5s';
ALTER ROLE :"service" SET idle_in_transaction_session_timeout = '15s';
ALTER ROLE :"owner" SET lock_timeout = '10s';
SQL
    run "$service" --set service="$service" --set owner="${service}_owner" <<'SQL'
ALTER SCHEMA public OWNER TO :"owner";
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO :"service";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"service";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT USAGE ON SEQUENCES TO :"service";
SQL
done
run postgres <<'SQL'
REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC;
SQL
