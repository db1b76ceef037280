/**
 * Writes examples/clerk-demo: the Clerk export of a small company, with typical faults. The result
 * is always the same.
 * npx tsx scripts/generate-demo-data.ts [folder]
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const USERS = 224
const FOLDER = process.argv[2] ?? fileURLToPath(new URL('../examples/clerk-demo', import.meta.url))

const FIRST_NAMES = [
  ...['Ada', 'Björn', 'Chloé', 'Dario', 'Élodie', 'Faruk', 'Grete', 'Hana', 'İpek', 'José', 'Kwame', 'Łucja'],
  ...['Mateus', 'Noor', 'Oğuz', 'Priya', 'Quentin', 'Rósa', 'Siobhán', 'Tomáš', 'Ute', 'Vivek', 'Wanjiru', 'Željko'],
]
const LAST_NAMES = [
  ...['Ampersand', 'Beispiel', 'Comma', 'Dummy', 'Ejemplo', 'Fixture', 'Generisch', 'Haiku', 'Interim', 'Jedermann'],
  ...['Könnte', 'Lorem', 'Mustermann', 'Namenlos', "O'Sample", 'Placeholder', 'Quux', 'Random', 'Specimen', 'Testová'],
]
const ORGANIZATIONS = [
  ['acme', 'Acme Anvils'],
  ['borealis', 'Borealis Outfitters'],
  ['cobalt', 'Cobalt & Sons, Ltd.'],
  ['dunes', 'Dunes Logistics'],
  ['ember', 'Ember "Hot" Sauces'],
  ['fjord', 'Fjörd Ferries'],
  ['gadget', 'Gadget Garage'],
  ['harbor', 'Harbor Lights'],
  ['indigo', 'Indigo Inks'],
  ['juniper', 'Juniper Gardens'],
  ['kestrel', 'Kestrel Couriers'],
  ['lumen', 'Lümen Lamps'],
] as const
const USER_COLUMNS = [
  ...['id', 'first_name', 'last_name', 'username', 'primary_email_address', 'primary_phone_number'],
  ...['verified_email_addresses', 'unverified_email_addresses', 'verified_phone_numbers', 'unverified_phone_numbers'],
  ...['totp_secret', 'password_digest', 'password_hasher'],
] as const
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

type Row = Record<string, string>

/** mulberry32: 32 bits of state, the same sequence on every machine. */
function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

const random = generator(20261122)

function pick<Item>(items: readonly Item[]): Item {
  const item = items[random(items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

function characters(alphabet: string, length: number): string {
  return Array.from({ length }, () => pick([...alphabet])).join('')
}

/** 60 characters in the form of bcrypt, without a known password. */
function bcrypt(): string {
  return `$2a$10$${characters(`./${BASE62}`, 53)}`
}

function base64(bytes: number): string {
  return Buffer.from(Array.from({ length: bytes }, () => random(256)))
    .toString('base64')
    .replaceAll('=', '')
}

/** Letters that an email address can have. */
function plain(name: string): string {
  const spelled = name.replaceAll('ł', 'l').replaceAll('Ł', 'L')
  return spelled
    .normalize('NFKD')
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase()
}

function makeUser(number: number): Row {
  const first = FIRST_NAMES[number % FIRST_NAMES.length] ?? ''
  const last = LAST_NAMES[(number * 7) % LAST_NAMES.length] ?? ''
  const email = `${plain(first)}.${plain(last)}${number}@example.com`
  const phone = number % 9 === 0 ? `+1555010${String(number).padStart(4, '0')}` : ''
  return {
    id: `user_2${characters(BASE62, 26)}`,
    first_name: first,
    last_name: last,
    username: number % 3 === 0 ? `${plain(first)}${number}` : '',
    primary_email_address: email,
    primary_phone_number: phone,
    verified_email_addresses: number % 8 === 5 ? '' : number % 10 === 7 ? `${email}|alias${number}@example.com` : email,
    unverified_email_addresses: number % 8 === 5 ? email : '',
    verified_phone_numbers: phone,
    totp_secret: number % 25 === 4 ? characters(BASE32, 32) : '',
    // Every seventh user signs in with a social account and has no password.
    ...(number % 7 === 3 ? {} : { password_digest: bcrypt(), password_hasher: 'bcrypt' }),
  }
}

const users = Array.from({ length: USERS }, (_, index) => makeUser(index))
const memberships: Row[] = []
const roles: Row[] = []

function user(number: number): Row {
  const found = users[number]
  if (found === undefined) throw new Error(`there is no user ${number}`)
  return found
}

function join(number: number, organization: number): void {
  const [external, name] = ORGANIZATIONS[organization % ORGANIZATIONS.length] ?? ORGANIZATIONS[0]
  memberships.push({ clerk_user_id: user(number).id ?? '', org_external_id: external, org_name: name })
}

function grant(number: number, role: string, organization?: number): void {
  const external = organization === undefined ? '' : (ORGANIZATIONS[organization % ORGANIZATIONS.length]?.[0] ?? '')
  roles.push({ clerk_user_id: user(number).id ?? '', role_slug: role, org_external_id: external })
}

// Most users belong to one organization, some to up to five, every sixteenth to none.
for (let number = 0; number < 210; number++) {
  if (number % 16 === 15) continue
  const count = number % 40 === 20 ? 5 : number % 12 === 6 ? 3 : number % 5 === 0 ? 2 : 1
  for (let turn = 0; turn < count; turn++) join(number, number + turn * 2)
  if (number % 10 === 1) grant(number, 'org:admin', number)
  else if (number % 10 === 2) grant(number, 'org:member', number)
  // Without an organization, the role applies in all organizations of the user.
  else if (number % 20 === 0) grant(number, 'org:admin')
  else if (number % 20 === 10) grant(number, 'org:billing', number)
  // A valid WorkOS slug stays as it is.
  else if (number % 50 === 13) grant(number, 'billing')
}

// Names with difficult characters.
Object.assign(user(5), { first_name: 'Jo, Jr.', last_name: 'Comma' })
Object.assign(user(17), { first_name: 'Max "Mad"', last_name: 'Quote' })
Object.assign(user(29), { first_name: 'Two\nLines', last_name: 'Newline' })
Object.assign(user(41), { first_name: '山田', last_name: '例' })

// Hashers other than bcrypt: WorkOS accepts the first two, the others need a reset. scrypt_firebase
// is the published example of Firebase (github.com/firebase/scrypt), password user1password.
Object.assign(user(50), {
  password_hasher: 'argon2id',
  password_digest: `$argon2id$v=19$m=65536,t=3,p=4$${base64(16)}$${base64(32)}`,
})
Object.assign(user(51), {
  password_hasher: 'scrypt_firebase',
  password_digest: [
    'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
    '42xEC+ixf3L2lw==',
    'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
    ...['Bw==', '8', '14'],
  ].join('$'),
})
for (const number of [52, 77, 102]) {
  Object.assign(user(number), { password_hasher: 'md5', password_digest: characters('0123456789abcdef', 32) })
}
for (const number of [61, 86]) {
  Object.assign(user(number), { password_hasher: 'phpass', password_digest: `$P$B${characters(`./${BASE62}`, 30)}` })
}

// Three users with two accounts each: the same address in another case, with different
// organizations.
for (const [number, twin] of [
  [8, 210],
  [33, 211],
  [54, 212],
] as const) {
  const email = user(number).primary_email_address ?? ''
  const other = email.toUpperCase().replace('EXAMPLE.COM', 'Example.com')
  Object.assign(user(twin), { first_name: '', primary_email_address: other, verified_email_addresses: other })
  Object.assign(user(twin), { unverified_email_addresses: '', last_name: user(number).last_name })
  join(twin, number + 5)
  grant(twin, 'org:admin', number + 5)
}

// Faulty records. The manifest of the demo accepts exactly these six: safety.maxRejects.
Object.assign(user(220), { primary_email_address: 'not an address', verified_email_addresses: '' })
Object.assign(user(221), { primary_email_address: '', verified_email_addresses: '', username: 'phone-only' })
Object.assign(user(222), { password_hasher: 'bcrypt', password_digest: '$2a$10$cut-off' })
const ragged = 'user_2raggedRow000000000000000,Rag,Ged,only,five'
memberships.push({ clerk_user_id: 'user_2deletedLongAgo0000000000', org_external_id: 'acme', org_name: 'Acme Anvils' })
grant(3, 'org:admin', 9)

function csv(columns: readonly string[], rows: readonly Row[]): string[] {
  const cell = (value: string) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)
  return [columns.join(','), ...rows.map((row) => columns.map((column) => cell(row[column] ?? '')).join(','))]
}

function write(name: string, lines: readonly string[]): void {
  writeFileSync(`${FOLDER}/${name}`, `${lines.join('\n')}\n`)
}

mkdirSync(FOLDER, { recursive: true })
const [header = '', ...rows] = csv(USER_COLUMNS, users)
write('users.csv', [header, ...rows.slice(0, 120), ragged, ...rows.slice(120)])
write('memberships.csv', csv(['clerk_user_id', 'org_external_id', 'org_name'], memberships))
write('roles.csv', csv(['clerk_user_id', 'role_slug', 'org_external_id'], roles))
