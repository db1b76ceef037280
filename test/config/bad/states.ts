import type { BadManifest } from './bad-manifest.ts'

const REST = `source: { type: csv, path: users.csv }
target: { type: sandbox }
`

/** Invalid places of the state. */
export const badStates: BadManifest[] = [
  {
    name: 'a shared state without a name',
    text: `${REST}state: { type: postgres, url: "\${DATABASE_URL}" }\n`,
    env: { DATABASE_URL: 'postgres://me:hunter2@db.example.com/x' },
    code: 'shared_state_name',
    at: '3:16',
    hint: /name: acme/,
  },
  {
    name: 'a shared state without a URL',
    text: `name: acme\n${REST}state: { type: postgres }\n`,
    code: 'missing_key',
    at: '4:16',
    message: /state\.url/,
  },
  {
    name: 'a shared state with an unset URL',
    text: `name: acme\n${REST}state: { type: postgres, url: "\${DATABASE_URL}" }\n`,
    code: 'unset_reference',
    at: '4:31',
    path: 'state.url',
  },
  {
    name: 'a database URL for a state in a file',
    text: `name: acme\n${REST}state: { url: "\${DATABASE_URL}" }\n`,
    env: { DATABASE_URL: 'postgres://me:hunter2@db.example.com/x' },
    code: 'wrong_state_key',
    at: '4:15',
    hint: /type: postgres/,
  },
  {
    name: 'an invalid schema name',
    text: `name: acme\n${REST}state: { type: postgres, url: "\${DATABASE_URL}", schema: "a; b" }\n`,
    env: { DATABASE_URL: 'postgres://me:hunter2@db.example.com/x' },
    code: 'bad_value',
    at: '4:58',
  },
  {
    name: 'an unknown type of state',
    text: `name: acme\n${REST}state: { type: mysql }\n`,
    code: 'unknown_value',
    at: '4:16',
  },
]
