import { MINIMAL } from '../folder.ts'
import type { BadManifest } from './bad-manifest.ts'

/** Keys that are unknown, misplaced or missing. */
export const badKeys: BadManifest[] = [
  {
    name: 'a misspelled key at the top',
    text: `${MINIMAL}dedup: {}\n`,
    code: 'unknown_key',
    at: '3:1',
    path: 'dedup',
    hint: /"dedupe"/,
  },
  {
    name: 'a misspelled nested key',
    text: `${MINIMAL}run:\n  limits:\n    write: 10/1s\n`,
    code: 'unknown_key',
    at: '5:5',
    path: 'run.limits.write',
    hint: /"writes"/,
  },
  {
    name: 'a key in another letter case',
    text: `${MINIMAL}external_id: {}\n`,
    code: 'unknown_key',
    at: '3:1',
    hint: /"externalId"/,
  },
  {
    name: 'a key in the wrong place',
    text: `${MINIMAL}workers: 4\n`,
    code: 'unknown_key',
    at: '3:1',
    hint: /run\.workers/,
  },
  {
    name: 'an unknown key',
    text: `${MINIMAL}passwords: { zzzzzz: 1 }\n`,
    code: 'unknown_key',
    at: '3:14',
    hint: /use one of unsupported, weak, onChange/,
  },
  {
    name: 'a misspelled field of a rule',
    text: `${MINIMAL}map:\n  user:\n    e-mail: mail\n`,
    code: 'unknown_key',
    at: '5:5',
    path: 'map.user.e-mail',
    hint: /"email"/,
  },
  {
    name: 'a misspelled required option of a source',
    text: 'source:\n  type: csv\n  pth: users.csv\ntarget: { type: sandbox }\n',
    code: 'unknown_key',
    at: '3:3',
    path: 'source.pth',
    hint: /"path"/,
  },
  {
    name: 'an option of another source',
    text: 'source:\n  type: csv\n  path: a.csv\n  memberships: b.csv\ntarget: { type: sandbox }\n',
    code: 'unknown_key',
    at: '4:3',
    path: 'source.memberships',
  },

  {
    name: 'no target',
    text: '# mine\nsource: { type: csv, path: a.csv }\n',
    code: 'missing_key',
    at: '2:1',
    path: 'target',
  },
  {
    name: 'a source without a type',
    text: 'source:\n  path: a\ntarget: { type: sandbox }\n',
    code: 'missing_key',
    at: '1:1',
    path: 'source.type',
    hint: /csv, clerk/,
  },
  {
    name: 'no API key',
    text: 'source: { type: csv, path: a.csv }\ntarget: { type: workos }\n',
    code: 'missing_key',
    at: '2:1',
    path: 'target.apiKey',
    hint: /\$\{WORKOS_API_KEY\}/,
  },
  {
    name: 'a removed API key',
    text: 'source: { type: csv, path: a.csv }\ntarget:\n  type: workos\n  apiKey:\n',
    code: 'missing_key',
    at: '4:3',
    path: 'target.apiKey',
  },
  {
    name: 'a role without a name',
    text: `${MINIMAL}roles:\n  define:\n    admin: {}\n`,
    code: 'missing_key',
    at: '5:5',
    path: 'roles.define.admin.name',
  },
]
