import { gzipSync } from 'node:zlib'
import { type BadInput, MANIFEST, refuses } from './bad-input.ts'

const users = (content: string | Uint8Array) => ({ 'users.csv': content })

const unreadable: BadInput[] = [
  {
    name: 'a missing file',
    files: { 'migrate.config.yaml': MANIFEST.replace('users.csv', './data/users.csv') },
    exit: 3,
    at: 'migrate.config.yaml:1:28',
    says: ['there is no file ./data/users.csv', "relative paths start at the manifest's folder"],
  },
  {
    name: 'a folder instead of a file',
    files: { 'migrate.config.yaml': MANIFEST.replace('users.csv', 'data'), 'data/users.csv': 'email\n' },
    exit: 3,
    at: 'migrate.config.yaml:1:28',
    says: ['data is a folder', 'hint: name a file in the folder'],
  },
  {
    name: 'an empty file',
    files: users(''),
    exit: 1,
    at: 'users.csv:1',
    says: ['the file is empty', 'names the columns'],
  },
  {
    name: 'Latin-1',
    files: users(Buffer.from('email,first_name\na@example.com,Ada\nb@example.com,Bjørn\n', 'latin1')),
    exit: 1,
    at: 'users.csv:3',
    says: ['the file is not UTF-8', 'iconv -f WINDOWS-1252'],
  },
  {
    name: 'a quote that is never closed',
    files: users('email,password\na@example.com,\nb@example.com,"s3cr3t\nc@example.com,\n'),
    exit: 1,
    at: 'users.csv:3',
    says: [/quote/, 'hint:'],
  },
  {
    name: 'a duplicate column',
    files: users('email,first_name,email\na@example.com,A,b@example.com\n'),
    exit: 1,
    at: 'users.csv:1',
    says: ['the header names the column "email" twice', 'hint: rename or remove one of them'],
  },
  {
    name: 'a missing column',
    files: users('E-Mail,first_name\na@example.com,A\n'),
    exit: 1,
    at: 'users.csv:1',
    says: ['the header lacks the column "email"', 'rename the column "E-Mail" if it is the right one'],
  },
  {
    name: 'data instead of a header',
    files: users('a@example.com,s3cr3t\n'),
    exit: 1,
    at: 'users.csv:1',
    says: ['add a first line that names the columns; this line looks like data'],
  },
  {
    name: 'a different delimiter from the manifest',
    files: {
      'migrate.config.yaml': MANIFEST.replace('users.csv', 'users.csv, delimiter: ";"'),
      'users.csv': 'email,first_name\na@example.com,A\n',
    },
    exit: 1,
    at: 'users.csv:1',
    says: ['the header lacks the column "email"', 'check the file and its delimiter'],
  },
  {
    name: 'binary data',
    files: users(Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')),
    exit: 1,
    at: 'users.csv:1',
    says: ['not UTF-8', 'hint:'],
  },
  {
    name: 'a ZIP archive, such as a spreadsheet',
    files: users(Buffer.from('PK\x03\x04 and so on', 'latin1')),
    exit: 1,
    at: 'migrate.config.yaml:1:28',
    says: ['the file is a ZIP archive, not text', 'hint: unpack it'],
  },
  {
    name: 'truncated gzip',
    files: users(gzipSync(`email\n${'a@example.com\n'.repeat(99)}`).subarray(0, -12)),
    exit: 1,
    at: 'migrate.config.yaml:1:28',
    says: ['the gzip data is damaged or cut off', 'gzip -t'],
  },
  {
    name: 'an endless field',
    files: users(`email,first_name\na@example.com,A\nb@example.com,"${'x\n'.repeat(600_000)}`),
    exit: 1,
    at: 'users.csv:3',
    says: ['a quote that opens here is never closed', 'hint:'],
  },
  {
    name: 'an endless header',
    files: users('x'.repeat(17 * 2 ** 20)),
    exit: 1,
    at: 'users.csv:1',
    says: ['the first line does not end within 1 MiB', 'check that this is a CSV file'],
  },
]

const clerk = `source: { type: clerk, users: users.csv, memberships: members.csv }
${MANIFEST.split('\n').slice(1).join('\n')}`

const brokenRows: BadInput[] = [
  {
    name: 'a ragged row',
    files: users('email,first_name\na@example.com,A\nb@example.com\n'),
    exit: 5,
    at: 'users.csv:3',
    says: ['the row has 1 field; the header has 2', 'write a delimiter for every column', 'safety.maxRejects'],
  },
  {
    name: 'a row with too many fields',
    files: users('email,password\na@example.com,s3cr3t,and more\n'),
    exit: 5,
    at: 'users.csv:2',
    says: ['the row has 3 fields; the header has 2', 'quote every field that contains the delimiter'],
  },
  {
    name: 'a quote in the middle of a field',
    files: users('email,first_name\na@example.com,Ada "the first"\n'),
    exit: 5,
    at: 'users.csv:2',
    says: [/quote/],
  },
  {
    name: 'a membership of a user who is not in the export',
    files: {
      'migrate.config.yaml': clerk,
      'users.csv': 'id,primary_email_address\nuser_1,a@example.com\n',
      'members.csv': 'clerk_user_id,org_name\nuser_2,Acme\n',
    },
    exit: 5,
    at: 'members.csv:2',
    says: ['there is no user "user_2" in the users file'],
  },
  {
    name: 'a missing memberships file',
    files: { 'migrate.config.yaml': clerk, 'users.csv': 'id,primary_email_address\nuser_1,a@example.com\n' },
    exit: 3,
    at: 'migrate.config.yaml:1:55',
    says: ['there is no file members.csv'],
  },
]

const checked: BadInput[] = [
  {
    name: 'a missing file, found by validate, with its line in the manifest',
    args: ['validate'],
    files: { 'migrate.config.yaml': MANIFEST.replace('users.csv', 'gone.csv') },
    exit: 3,
    at: 'migrate.config.yaml:1:28',
    says: ['there is no file gone.csv'],
  },
  {
    name: 'validate reads the header of the file',
    args: ['validate'],
    files: users('mail\na@example.com\n'),
    exit: 3,
    at: 'users.csv:1',
    says: ['the header lacks the column "email"', 'rename the column "mail" if it is the right one'],
  },
]

refuses('a file that cannot be read ends the run', unreadable)
refuses('a row that cannot be read stops the plan', brokenRows)
refuses('validate looks at the files', checked)
