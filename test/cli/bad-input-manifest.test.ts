import { type BadInput, KEY, MANIFEST, refuses } from './bad-input.ts'

const only = (text: string | Uint8Array) => ({ 'migrate.config.yaml': text })

const files: BadInput[] = [
  {
    name: 'a missing manifest',
    args: ['apply', 'gone.yaml', '--yes'],
    exit: 3,
    at: 'gone.yaml',
    says: [/there is no file .*gone\.yaml/, 'hint: check the path'],
  },
  {
    name: 'a folder instead of a manifest',
    args: ['plan', '--config', '.'],
    exit: 3,
    says: ['is a folder', 'hint: name the file in it'],
  },
  {
    name: 'a data file instead of a manifest',
    args: ['apply', 'users.csv', '--yes'],
    exit: 3,
    at: 'users.csv:1:1',
    says: ['a manifest must be an object of keys and values', 'check that this file is the manifest'],
  },
  { name: 'an empty manifest', files: only(''), exit: 3, at: 'migrate.config.yaml:1:1', says: [/empty/, 'hint:'] },
  {
    name: 'a manifest in UTF-16',
    files: only(Buffer.from(`\ufeff${MANIFEST}`, 'utf16le')),
    exit: 3,
    at: 'migrate.config.yaml:1:1',
    says: ['UTF-16', 'hint: save the file as UTF-8'],
  },
  {
    name: 'a manifest in Latin-1',
    files: only(Buffer.from(`${MANIFEST}name: Zürich\n`, 'latin1')),
    exit: 3,
    at: 'migrate.config.yaml:4:8',
    says: ['not UTF-8', 'hint: save the file as UTF-8'],
  },
  {
    name: 'broken YAML',
    manifest: 'safety: { maxRejects: 3\n',
    exit: 3,
    at: 'migrate.config.yaml:5:1',
    says: ['hint: close the bracket or quote'],
  },
  {
    name: 'an unquoted reference inside braces',
    files: only('source: { type: csv, path: users.csv }\ntarget: { type: workos, apiKey: ${WORKOS_API_KEY} }\n'),
    exit: 3,
    at: 'migrate.config.yaml:2:34',
    says: ['put a reference inside { } and [ ] in quotes'],
  },
  {
    name: 'a tab as indentation',
    manifest: 'safety:\n\tmaxRejects: 3\n',
    exit: 3,
    at: 'migrate.config.yaml:5:1',
    says: [/tab/i, /spaces/],
  },
  {
    name: 'a duplicate key',
    manifest: 'run: { workers: 2 }\n',
    exit: 3,
    at: 'migrate.config.yaml:4:1',
    says: ['run', 'hint:'],
  },
]

const keysAndValues: BadInput[] = [
  {
    name: 'an unknown key',
    manifest: 'saftey: { maxRejects: 3 }\n',
    exit: 3,
    at: 'migrate.config.yaml:4:1',
    says: ['unknown key "saftey"', 'did you mean "safety"?', '4 | saftey: { maxRejects: 3 }\n    | ^'],
  },
  {
    name: 'an unknown key of a rule',
    manifest: 'map:\n  user:\n    e_mail: mail\n',
    exit: 3,
    at: 'migrate.config.yaml:6:5',
    says: ['map.user.e_mail', '"email"'],
  },
  {
    name: 'a wrong type',
    files: only(MANIFEST.replace('workers: 1', 'workers: many')),
    exit: 3,
    at: 'migrate.config.yaml:3:17',
    says: ['must be a whole number, but is text'],
  },
  {
    name: 'an unknown source',
    files: only(MANIFEST.replace('csv,', 'cvs,')),
    exit: 3,
    at: 'migrate.config.yaml:1:17',
    says: ['source.type cannot be "cvs"', 'hint: allowed values: csv, clerk'],
  },
  {
    name: 'no target',
    files: only('source: { type: csv, path: users.csv }\n'),
    exit: 3,
    at: 'migrate.config.yaml:1:1',
    says: ['target', 'hint:'],
  },
  {
    name: 'an invalid limit',
    files: only(MANIFEST.replace('workers: 1', 'workers: 1, limits: { writes: fast }')),
    exit: 3,
    at: 'migrate.config.yaml:3:38',
    says: ['500/10s'],
  },
  {
    name: 'an invalid threshold',
    manifest: 'safety: { maxUpdates: most }\n',
    exit: 3,
    at: 'migrate.config.yaml:4:23',
    says: ['a count such as 20, or a percentage such as 30%'],
  },
  {
    name: 'a threshold below zero',
    manifest: 'safety: { maxRejects: -1 }\n',
    exit: 3,
    at: 'migrate.config.yaml:4:23',
    says: ['at least 0'],
  },
  {
    name: 'a role slug that WorkOS does not accept',
    manifest: 'roles: { define: { "Org Admin": { name: Admin } } }\n',
    exit: 3,
    at: 'migrate.config.yaml:4:20',
    says: ['lowercase letters, digits, - and _'],
  },
]

const references: BadInput[] = [
  {
    name: 'an unset reference',
    env: { WORKOS_API_KEY: undefined },
    exit: 3,
    at: 'migrate.config.yaml:2:57',
    says: ['the environment variable WORKOS_API_KEY is not set', 'hint: set it in the environment of the command'],
  },
  {
    name: 'an empty key',
    env: { WORKOS_API_KEY: '' },
    exit: 3,
    at: 'migrate.config.yaml:2:57',
    says: ['must not be empty (from ${WORKOS_API_KEY})'],
  },
  {
    name: 'a reference to a missing file',
    files: only(MANIFEST.replace('${WORKOS_API_KEY}', '${file:./key.txt}')),
    exit: 3,
    at: 'migrate.config.yaml:2:57',
    says: ['the referenced file ./key.txt cannot be read', 'hint: check the path, which is relative to'],
  },
  {
    name: 'a reference that is not a number',
    files: only(MANIFEST.replace('workers: 1', 'workers: "${WORKERS}"')),
    env: { WORKERS: 's3cr3t' },
    exit: 3,
    at: 'migrate.config.yaml:3:17',
    says: ['${WORKERS} is text'],
  },
  {
    name: 'a plain-text key under a misspelled name',
    files: only(MANIFEST.replace('apiKey: "${WORKOS_API_KEY}"', `apikey: ${KEY}`)),
    exit: 3,
    at: 'migrate.config.yaml:2:49',
    says: ['target.apikey', '"apiKey"'],
  },
]

const composition: BadInput[] = [
  {
    name: 'extends of an unknown recipe',
    manifest: 'extends: clrek\n',
    exit: 3,
    at: 'migrate.config.yaml:4:10',
    says: ['clrek', 'did you mean clerk?'],
  },
  {
    name: 'extends of a missing file',
    manifest: 'extends: ./base.yaml\n',
    exit: 3,
    at: 'migrate.config.yaml:4:10',
    says: [/there is no file .*base\.yaml/],
  },
  {
    name: 'a cycle of extends',
    manifest: 'extends: ./base.yaml\n',
    files: { 'base.yaml': 'extends: ./migrate.config.yaml\n' },
    exit: 3,
    at: 'base.yaml:1:10',
    says: ['migrate.config.yaml → base.yaml → migrate.config.yaml'],
  },
  {
    name: 'an unknown environment',
    args: ['apply', '--yes', '-e', 'prodution'],
    manifest: 'environments: { staging: {}, production: {} }\n',
    exit: 3,
    at: 'migrate.config.yaml:4:1',
    says: ['unknown environment prodution', 'did you mean production?'],
  },
  {
    name: 'an environment without environments in the manifest',
    args: ['apply', '--yes', '-e', 'staging'],
    exit: 3,
    says: ['unknown environment staging', 'remove -e'],
  },
  {
    name: 'an unset reference of the chosen environment',
    args: ['apply', '--yes', '-e', 'staging'],
    manifest: 'environments:\n  staging:\n    target: { apiKey: "${STAGING_KEY}" }\n',
    exit: 3,
    at: 'migrate.config.yaml:6:23',
    says: ['the environment variable STAGING_KEY is not set'],
  },
]

refuses('a manifest that cannot be read is refused', files)
refuses('a key or value that the manifest does not take is refused', keysAndValues)
refuses('a reference that cannot be resolved is refused', references)
refuses('manifests that cannot be put together are refused', composition)
