#!/bin/sh
# What the containers of docker-compose.yml run: start.sh secrets|hub|service|grader. It runs the same outside of one.
#
#   TITO_COURSE    the course's folder (default /course)
#   TITO_SECRETS   the folder of secrets (default /run/tito)

set -euf
course=${TITO_COURSE:-/course}
secrets=${TITO_SECRETS:-/run/tito}

case "${1:-}" in
    secrets)
        exec tito hub secrets "$secrets"
        ;;
    hub)
        folder="$course/hub"
        if [ ! -f "$folder/jupyterhub_config.py" ]; then
            set --
            for name in ${TITO_STAFF:-}; do set -- "$@" --staff "$name"; done
            for pair in ${TITO_GRADERS:-}; do set -- "$@" --grader "$pair"; done
            tito -C "$course" hub init "$folder" --auth "${TITO_AUTH:-oidc}" --servers docker "$@"
        fi
        JUPYTERHUB_CRYPT_KEY=$(cat "$secrets/hub/crypt-key")
        export JUPYTERHUB_CRYPT_KEY
        cd "$folder"
        exec jupyterhub -f jupyterhub_config.py
        ;;
    service)
        # What the hub would hand to a service that it starts itself.
        JUPYTERHUB_API_TOKEN=$(cat "$secrets/shared/service-token")
        export JUPYTERHUB_API_TOKEN
        export JUPYTERHUB_SERVICE_NAME=tito JUPYTERHUB_CLIENT_ID=service-tito
        export JUPYTERHUB_SERVICE_PREFIX=/services/tito/ JUPYTERHUB_BASE_URL=/ JUPYTERHUB_HOST=
        export JUPYTERHUB_OAUTH_ACCESS_SCOPES='["access:services!service=tito"]'
        export JUPYTERHUB_API_URL="${JUPYTERHUB_API_URL:-http://hub:8081/hub/api}"
        export JUPYTERHUB_SERVICE_URL="${JUPYTERHUB_SERVICE_URL:-http://0.0.0.0:10101}"
        exec tito -C "$course" hub service
        ;;
    grader)
        exec tito -C "$course" hub grader ${TITO_LANES:+--lanes "$TITO_LANES"}
        ;;
    *)
        printf '%s\n' "start.sh: say what to start: secrets, hub, service or grader" >&2
        exit 2
        ;;
esac
