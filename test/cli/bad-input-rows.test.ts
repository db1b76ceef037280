import { type BadInput, GOOD_ROW, refuses } from './bad-input.ts'

interface BadRow extends Omit<BadInput, 'exit' | 'files'> {
  header: string
  row: string
  /** The address of the rejected resource. */
  what?: string
}

/** The bad row is on line 3 of users.csv, after a good one. No reject is allowed. */
function rejected({ header, row, what, says, ...rest }: BadRow): BadInput {
  const good = `${GOOD_ROW}${','.repeat(header.split(',').length - 1)}`
  return {
    at: 'users.csv:3',
    ...rest,
    files: { 'users.csv': `${header}\n${good}\n${row}\n` },
    exit: 5,
    says: [
      ...(what === undefined ? [] : [`${what}: `]),
      ...says,
      /\d of \d+ (record or resource|records and resources) (is|are) rejected or blocked, but safety\.maxRejects allows 0/,
    ],
  }
}

const json = (value: unknown) => `"${JSON.stringify(value).replaceAll('"', '""')}"`
const hashed = (type: string, hash: string): Pick<BadRow, 'header' | 'row'> => ({
  header: 'email,password_hash,password_hash_type',
  row: `a@example.com,"${hash}",${type}`,
})

const users: BadRow[] = [
  {
    name: 'an address without @',
    header: 'email',
    row: 'ada.example.com',
    says: ['"ada.example.com" is not an email address', 'name@example.com'],
  },
  {
    name: 'two addresses in one field',
    header: 'email',
    row: '"a@example.com, b@example.com"',
    says: ['is not an email address', 'expected one address'],
  },
  { name: 'no address', header: 'email,first_name', row: ',Ada', says: ['the user has no email address'] },
  {
    name: 'a word that is not a boolean',
    header: 'email,email_verified',
    row: 'a@example.com,maybe',
    says: ['"maybe" is neither true nor false', 'true/1/yes/y or false/0/no/n'],
  },
  {
    name: 'an external ID that is too long',
    header: 'email,external_id',
    row: `a@example.com,${'x'.repeat(65)}`,
    says: ['has 65 characters, but the limit is 64', 'externalId.maxLength'],
  },
  {
    name: 'an external ID that is not ASCII',
    header: 'email,external_id',
    row: 'a@example.com,größe',
    says: ['is not plain ASCII'],
  },
  {
    name: 'one external ID for two users',
    header: 'email,external_id',
    row: 'b@example.com,u-1\na@example.com,u-1',
    at: 'users.csv:4',
    says: ['the key u-1 already belongs to another user, in users.csv:3', 'make the records agree'],
  },
  {
    name: 'an escape sequence in a name',
    header: 'email,first_name',
    row: 'a\u001b[2J@example.com,A',
    says: ['\\u001b[2J@example.com'],
  },
]

const metadata: BadRow[] = [
  {
    name: 'bad JSON',
    header: 'email,metadata',
    row: `a@example.com,"{""plan"": pro, ""pin"": ""s3cr3t""}"`,
    says: ['the metadata is not valid JSON: see character 10', 'expected a JSON object'],
  },
  {
    name: 'a list',
    header: 'email,metadata',
    row: `a@example.com,${json(['a'])}`,
    says: ['metadata must be an object, not a list'],
  },
  {
    name: 'deeply nested JSON',
    header: 'email,metadata',
    row: `a@example.com,"{""a"":${'['.repeat(20_000)}${']'.repeat(20_000)}}"`,
    says: ['a value with more than 300 levels'],
  },
  {
    name: 'too many keys',
    header: 'email,metadata',
    row: `a@example.com,${json(Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`k${i}`, i])))}`,
    says: ['the metadata has 11 keys, but the limit is 10', 'metadata.maxKeys'],
  },
  {
    name: 'a key that is too long',
    header: 'email,metadata',
    row: `a@example.com,${json({ ['k'.repeat(41)]: 1 })}`,
    says: ['has 41 characters, but the limits are 1 and 40', 'metadata.maxKeyLength'],
  },
  {
    name: 'a value that is too long',
    header: 'email,metadata',
    row: `a@example.com,${json({ k: 'v'.repeat(601) })}`,
    says: ['has 601 characters, but the limit is 600', 'metadata.maxValueLength'],
  },
  {
    name: 'a value that is not ASCII',
    header: 'email,metadata',
    row: `a@example.com,${json({ city: 'Köln' })}`,
    says: ['the metadata value of "city" is not plain ASCII', 'metadata.ascii'],
  },
  {
    name: 'a reserved key whose replacement is taken',
    header: 'email,metadata',
    row: `a@example.com,${json({ org_id: 1, csv_org_id: 2 })}`,
    says: ['"org_id" is reserved and would become "csv_org_id", which already exists'],
  },
]

const passwords: BadRow[] = [
  {
    name: 'a damaged hash without a type',
    ...hashed('', '$2b$10$s3cr3t'),
    says: ['the password hash is not a bcrypt hash', /^ {6}expected \S/m],
  },
  {
    name: 'an unknown hash, if the manifest rejects it',
    ...hashed('bcrypt', 's3cr3t'),
    manifest: 'passwords: { unsupported: reject }\n',
    says: ['the value mapped as the password hash is not a hash (letters and digits)', 'map the column'],
  },
  {
    name: 'a type without a hash',
    ...hashed('bcrypt', ''),
    says: ['the record has a password hash type without a hash', 'map both or neither'],
  },
  {
    name: 'a type that WorkOS does not accept',
    ...hashed('md5', 's3cr3t'),
    manifest: 'passwords: { unsupported: reject }\n',
    says: ['WorkOS does not support the password hash (md5)', 'WorkOS supports bcrypt, scrypt'],
  },
  {
    name: 'an unknown type',
    ...hashed('md6', 's3cr3t'),
    says: ['the password hash type md6 is unknown', 'did you mean md5? WorkOS supports bcrypt, scrypt'],
  },
  {
    name: 'a misspelled type',
    ...hashed('bcryt', 's3cr3t'),
    says: ['the password hash type is unknown', 'did you mean bcrypt?'],
  },
  {
    name: 'a type whose hashes must be re-encoded',
    ...hashed('pbkdf2_sha256', 's3cr3t'),
    says: ['hashes of pbkdf2_sha256 must be re-encoded for WorkOS', '$passwordHash(hash)'],
  },
  {
    name: 'a weak hash, if the manifest rejects it',
    ...hashed('ssha', '{SSHA}2jmj7l5rSw0yVb/vlWAYkK/YBwlzYWx0'),
    manifest: 'passwords: { weak: reject }\n',
    says: ['the password hash is weak (ssha)', 'set passwords.weak to keep to send it'],
  },
  ...Object.entries({
    bcrypt: '$2b$10$s3cr3t',
    scrypt: '$scrypt$v=1$s3cr3t',
    'firebase-scrypt': '$firebase-scrypt$v=1$s3cr3t',
    pbkdf2: '$pbkdf2$i=1$s3cr3t',
    argon2: '$argon2id$v=19$s3cr3t',
    ssha: '{SSHA}s3cr3t',
  }).map(
    ([type, hash]): BadRow => ({
      name: `a malformed ${type} hash`,
      ...hashed(type, hash),
      says: [`the password hash is not a ${type} hash`, /^ {6}expected \S/m],
    }),
  ),
]

const organizations: BadRow[] = [
  {
    name: 'an ID that is not from WorkOS',
    header: 'email,org_id',
    row: 'a@example.com,acme',
    what: 'organization:acme',
    says: ['"acme" is not the WorkOS ID of an organization', 'map an ID of the source to externalId'],
  },
  {
    name: 'an ID that WorkOS does not have',
    header: 'email,org_id',
    row: 'a@example.com,org_01ABC',
    says: ['WorkOS has no organization org_01ABC', 'check the ID and the environment of the API key'],
  },
  {
    name: 'an external ID that WorkOS does not have, without a name',
    header: 'email,org_external_id',
    row: 'a@example.com,acme',
    says: ['WorkOS has no organization with the external ID acme', 'map a name, and apply creates the organization'],
  },
  {
    name: 'a domain of an email provider',
    header: 'email,org_external_id,org_name,domain',
    row: 'a@example.com,acme,Acme,gmail.com',
    manifest: 'map: { organization: { domains: domain } }\n',
    says: ['gmail.com belongs to a public email provider', 'or set organizations.consumerDomains to drop'],
  },
  {
    name: 'an invalid domain',
    header: 'email,org_external_id,org_name,domain',
    row: 'a@example.com,acme,Acme,nowhere',
    manifest: 'map: { organization: { domains: domain } }\n',
    says: ['"nowhere" is not a domain', 'a name like example.com'],
  },
]

const roles: BadRow[] = [
  {
    name: 'a slug that WorkOS does not accept',
    header: 'email,org_external_id,org_name,role_slugs',
    row: 'a@example.com,acme,Acme,Org Admin',
    says: ['"Org Admin" is not a role slug', 'or translate the name under roles.map'],
  },
  {
    name: 'a role that is not in roles.map',
    header: 'email,org_external_id,org_name,role_slugs',
    row: 'a@example.com,acme,Acme,boss',
    manifest: 'roles: { map: { chief: admin }, unmapped: error }\n',
    says: ['the role "boss" is not in roles.map', 'set roles.unmapped to drop or keep'],
  },
  {
    name: 'an undefined role',
    header: 'email,org_external_id,org_name,role_slugs',
    row: 'a@example.com,acme,Acme,auditor',
    says: ['the role auditor is neither declared in the manifest nor found in WorkOS', 'declare it under roles.define'],
  },
]

refuses('a user that cannot be migrated stops the plan', users.map(rejected))
refuses('metadata that WorkOS does not support stops the plan', metadata.map(rejected))
refuses('a password that WorkOS does not support stops the plan', passwords.map(rejected))
refuses('an organization that cannot be migrated stops the plan', organizations.map(rejected))
refuses('a role that cannot be given stops the plan', roles.map(rejected))
