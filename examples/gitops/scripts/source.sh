#!/usr/bin/env bash
# Gets the files of a source for a job, and removes them afterwards. The files contain password hashes, so between jobs they exist
# only as an encrypted archive. Its name is its SHA-256, committed as environments/NAME/source.sha256. So the job that plans and the
# job that applies use the same files, and new files need a merge request.
#
#   scripts/source.sh seal NAME    environments/NAME/source → sealed/SHA256.tar.gz.enc, for you to upload to SOURCE_URL
#   scripts/source.sh open NAME    SOURCE_URL/SHA256.tar.gz.enc → environments/NAME/source
#   scripts/source.sh close NAME   removes environments/NAME/source
#
# SOURCE_PASSPHRASE  encrypts and decrypts. At least 32 random characters: openssl rand -base64 32
# SOURCE_URL         where the archives are: https://… (object storage, package registry of GitLab) or a folder
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
[[ -d $folder ]] || fail "the folder $folder does not exist"

cipher=(-aes-256-cbc -pbkdf2 -iter 600000 -pass env:SOURCE_PASSPHRASE)
need() { [[ -n ${!1:-} ]] || fail "$1 is not set"; }
digest_of() { openssl dgst -sha256 -r "$1" | cut -d ' ' -f 1; }

# Headers go through standard input, because everyone can see the arguments of a process. A redirect gets no header.
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
    [[ -d $folder/source ]] || fail "nothing to seal: put the export into $folder/source"
    # A missing .gitignore must not lead to a commit of the source.
    git check-ignore --quiet "$folder/source" || fail "git does not ignore $folder/source: check .gitignore"
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
    [[ -f $folder/source.sha256 ]] || fail "$folder/source.sha256 does not exist: seal the source and commit it"
    digest=$(tr -d '[:space:]' < "$folder/source.sha256")
    [[ $digest =~ ^[0-9a-f]{64}$ ]] || fail "$folder/source.sha256 is not a SHA-256"
    archive=$(mktemp)
    trap 'rm -f "$archive"' EXIT
    fetch "${SOURCE_URL%/}/$digest.tar.gz.enc" "$archive" || fail "cannot download the archive $digest from SOURCE_URL"
    [[ $(digest_of "$archive") == "$digest" ]] || fail "the archive does not match $folder/source.sha256"
    rm -rf "$folder/source"
    mkdir "$folder/source"
    openssl enc -d "${cipher[@]}" -in "$archive" | tar -xz --no-same-owner --no-same-permissions -C "$folder/source" ||
      { rm -rf "$folder/source"; fail "cannot decrypt the archive: check SOURCE_PASSPHRASE"; }
    ;;
  close)
    rm -rf "$folder/source"
    ;;
  *) fail "call it as: scripts/source.sh seal|open|close NAME" ;;
esac
