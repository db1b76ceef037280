#!/usr/bin/env bash
# Brings the files of a source into a job, and takes them away again. They hold password hashes: between jobs they exist as an
# encrypted archive alone, whose name is its SHA-256 and is committed as environments/NAME/source.sha256. So the job that plans and the
# job that applies work on the same files, and new files are a merge request.
#
#   scripts/source.sh seal NAME    environments/NAME/source → sealed/SHA256.tar.gz.enc, for you to upload to SOURCE_URL
#   scripts/source.sh open NAME    SOURCE_URL/SHA256.tar.gz.enc → environments/NAME/source
#   scripts/source.sh close NAME   removes environments/NAME/source
#
# SOURCE_PASSPHRASE  encrypts and decrypts. At least 32 random characters: openssl rand -base64 32
# SOURCE_URL         where the archives are: https://… (object storage, GitLab's package registry) or a folder
# SOURCE_HEADER      a header for SOURCE_URL, such as "Authorization: Bearer …"
set -euo pipefail
umask 077
cd "$(dirname "$0")/.."

fail() {
  echo "source.sh: $*" >&2
  exit 1
}

[[ $# == 2 && $2 =~ ^[A-Za-z0-9_-]+$ ]] || fail "call it as: scripts/source.sh seal|open|close NAME"
folder=environments/$2
[[ -d $folder ]] || fail "there is no folder $folder"

cipher=(-aes-256-cbc -pbkdf2 -iter 600000 -pass env:SOURCE_PASSPHRASE)
need() { [[ -n ${!1:-} ]] || fail "$1 is not set"; }
digest_of() { openssl dgst -sha256 -r "$1" | cut -d ' ' -f 1; }

# Headers go by standard input: the arguments of a process are for everybody to see. No header goes where a redirect leads.
fetch() {
  local header=${SOURCE_HEADER:-} next
  if [[ -z $header && -n ${CI_API_V4_URL:-} && $1 == "$CI_API_V4_URL"/* ]]; then header="JOB-TOKEN: ${CI_JOB_TOKEN:-}"; fi
  case $1 in
    http://* | https://*)
      next=$({ [[ -z $header ]] || printf 'header = "%s"\n' "${header//\"/\\\"}"; } |
        download --config - --write-out '%{redirect_url}' --output "$2" "$1") || return 1
      [[ -z $next ]] || download --location --output "$2" "$next"
      ;;
    *) cp -- "$1" "$2" ;;
  esac
}
download() { curl --silent --show-error --fail --retry 3 "$@"; }

case $1 in
  seal)
    need SOURCE_PASSPHRASE
    [[ -d $folder/source ]] || fail "there is nothing to seal: put the export into $folder/source"
    # Nobody should find out by a commit that .gitignore is not there.
    git check-ignore --quiet "$folder/source" || fail "git does not ignore $folder/source: is .gitignore there?"
    mkdir -p sealed
    archive=$(mktemp sealed/XXXXXX)
    trap 'rm -f "$archive"' EXIT
    tar -cz -C "$folder/source" . | openssl enc "${cipher[@]}" -salt -out "$archive"
    digest=$(digest_of "$archive")
    mv "$archive" "sealed/$digest.tar.gz.enc"
    echo "$digest" > "$folder/source.sha256"
    chmod 644 "$folder/source.sha256"
    echo "Upload sealed/$digest.tar.gz.enc to SOURCE_URL, then commit $folder/source.sha256."
    ;;
  open)
    need SOURCE_PASSPHRASE
    need SOURCE_URL
    [[ -f $folder/source.sha256 ]] || fail "there is no $folder/source.sha256: seal the source first, and commit it"
    digest=$(tr -d '[:space:]' < "$folder/source.sha256")
    [[ $digest =~ ^[0-9a-f]{64}$ ]] || fail "$folder/source.sha256 is no SHA-256"
    archive=$(mktemp)
    trap 'rm -f "$archive"' EXIT
    fetch "${SOURCE_URL%/}/$digest.tar.gz.enc" "$archive" || fail "the archive $digest cannot be fetched from SOURCE_URL"
    [[ $(digest_of "$archive") == "$digest" ]] || fail "the archive is not the one that $folder/source.sha256 names"
    rm -rf "$folder/source"
    mkdir "$folder/source"
    openssl enc -d "${cipher[@]}" -in "$archive" | tar -xz --no-same-owner --no-same-permissions -C "$folder/source" ||
      { rm -rf "$folder/source"; fail "the archive cannot be opened: check SOURCE_PASSPHRASE"; }
    ;;
  close)
    rm -rf "$folder/source"
    ;;
  *) fail "call it as: scripts/source.sh seal|open|close NAME" ;;
esac
