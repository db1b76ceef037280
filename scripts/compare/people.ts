import { Draw } from './draw.ts'
import {
  BAD_ADDRESSES,
  BAD_DIGESTS,
  BAD_METADATA,
  BAD_SECRETS,
  CONFUSABLE,
  DIGESTS,
  DOMAINS,
  FIRST_NAMES,
  LAST_NAMES,
  METADATA,
  ODD_ROLES,
  ODD_TEXTS,
  ROLES,
  SECRETS,
} from './values.ts'

export type Row = Record<string, string>

/**
 * A user in a source, with the columns of the Clerk export and its two files. A missing cell is
 * empty.
 */
export interface Person {
  user: Row
  memberships: Row[]
  roles: Row[]
}

/** The source at first, and later, with users removed, changed and added. */
export type Edition = 'first' | 'later'

export const USER_COLUMNS = [
  ...['id', 'first_name', 'last_name', 'username', 'primary_email_address', 'primary_phone_number'],
  ...['verified_email_addresses', 'unverified_email_addresses', 'verified_phone_numbers', 'unverified_phone_numbers'],
  ...['totp_secret', 'password_digest', 'password_hasher', 'external_id', 'metadata', 'note'],
] as const
export const MEMBERSHIP_COLUMNS = ['clerk_user_id', 'org_id', 'org_external_id', 'org_name', 'role_slugs'] as const
export const ROLE_COLUMNS = ['clerk_user_id', 'external_id', 'role_slug', 'org_external_id', 'org_name'] as const

/**
 * The same users for a count and an edition in every run: nine in ten valid, the others with every
 * fault.
 */
export function* people(count: number, edition: Edition): Generator<Person> {
  for (let index = 0; index < count; index += 1) {
    const change = new Draw(index * 31 + 7)
    if (edition === 'later' && change.chance(0.02)) continue
    const person = personOf(index, count)
    if (edition === 'later' && change.chance(0.06)) change.pick(CHANGES)(person, change)
    yield person
  }
  if (edition === 'first') return
  for (let index = count; index < count * 1.02; index += 1) yield personOf(index, count)
}

const idOf = (index: number) => `user_${index.toString(36).padStart(8, '0')}`

function emailOf(index: number): string {
  const { first, last } = nameOf(index)
  const ascii = (text: string) =>
    text
      .normalize('NFD')
      .replace(/[^A-Za-z]/g, '')
      .toLowerCase()
  const plain = index % 3 !== 0 || ascii(first) === '' || ascii(last) === ''
  return plain ? `user${index}@example.com` : `${ascii(first)}.${ascii(last)}@company${index}.example`
}

function nameOf(index: number): { first: string; last: string } {
  const draw = new Draw(index + 1_000_003)
  return { first: draw.pick(FIRST_NAMES), last: draw.pick(LAST_NAMES) }
}

function personOf(index: number, count: number): Person {
  const draw = new Draw(index)
  const id = idOf(index)
  const email = emailOf(index)
  const { first, last } = nameOf(index)
  // One in ten has them swapped.
  const swapped = index % 10 === 3
  const [hasher, digest] = draw.pick(DIGESTS)
  const user: Row = {
    id,
    first_name: swapped ? last : first,
    last_name: swapped ? first : last,
    username: `name${index}`,
    primary_email_address: email,
    verified_email_addresses: email,
    ...(draw.chance(0.7) ? { password_digest: digest, password_hasher: hasher } : {}),
    ...(draw.chance(0.03) ? { totp_secret: draw.pick(SECRETS) } : {}),
    ...(draw.chance(0.3) ? { metadata: draw.pick(METADATA) } : {}),
  }
  const organizations = Math.max(10, Math.floor(count / 200))
  const person: Person = { user, memberships: [], roles: [] }
  for (let left = draw.pick([0, 1, 1, 1, 2, 2, 3]); left > 0; left -= 1) {
    const membership = { clerk_user_id: id, ...organizationOf(draw.below(organizations), draw) }
    person.memberships.push(draw.chance(0.1) ? { ...membership, role_slugs: draw.pick(ROLES) } : membership)
  }
  if (draw.chance(0.2)) {
    const { org_external_id = '' } = draw.pick([...person.memberships, {} as Row])
    person.roles.push({ clerk_user_id: id, role_slug: draw.pick(ROLES), org_external_id })
  }
  for (const [share, faults] of SHARES) if (draw.chance(share)) draw.pick(faults)(person, draw, index)
  return person
}

/** One in ten has only a name. Some names of one organization differ. */
function organizationOf(index: number, draw: Draw): Row {
  const name = `Organization ${index}`
  if (index % 10 === 9) return { org_name: name }
  const org_external_id = `org-${index}`
  if (!draw.chance(0.01)) return { org_external_id, org_name: name }
  const others = [
    name.toUpperCase(),
    `${name} `,
    ` ${name}`,
    `${name} Ltd.`,
    `Organisation ${index}`,
    'Ørganization',
    '',
  ]
  return { org_external_id, org_name: draw.pick(others) }
}

type Change = (person: Person, draw: Draw) => void
type Fault = (person: Person, draw: Draw, index: number) => void

const set =
  (column: string, values: readonly string[]): Fault =>
  ({ user }, draw) => {
    user[column] = draw.pick(values)
  }

/** Changes an address and its verified cell together. */
const address =
  (of: (draw: Draw, index: number) => string): Fault =>
  ({ user }, draw, index) => {
    user.primary_email_address = of(draw, index)
    user.verified_email_addresses = user.primary_email_address
  }

/** A user that is shortly before in the source. */
const earlier = (draw: Draw, index: number) => Math.max(0, index - 1 - draw.below(5000))

const USER_FAULTS: readonly Fault[] = [
  set('primary_email_address', BAD_ADDRESSES),
  set('primary_email_address', ['']),
  set('verified_email_addresses', ['', 'other@example.com', 'a@b.example | c@d.example', ',', 'NULL', '|||']),
  set('unverified_email_addresses', ['other@example.com', 'x']),
  set('first_name', ODD_TEXTS),
  set('last_name', ODD_TEXTS),
  set('first_name', ['', 'NULL']),
  set('username', ODD_TEXTS),
  set('note', ODD_TEXTS),
  set('primary_phone_number', ['+491701234567', '12', 'NULL', '٠١٢']),
  set('totp_secret', BAD_SECRETS),
  set('external_id', ['ext 1', 'e'.repeat(65), 'größe', ' ', 'ext-1', 'EXT-1', 'NULL']),
  set('metadata', BAD_METADATA),
  set('id', ['', ' ', 'NULL', 'user with blanks', '__proto__', 'i'.repeat(300), 'größe', 'a@b', 'a,"b"']),
  ({ user }, draw) => {
    const [hasher, digest] = draw.pick(BAD_DIGESTS)
    user.password_hasher = hasher
    user.password_digest = digest
  },
  // Other cells: one address in two cases, with a tag, with dots, in another domain, with other
  // letters.
  address((draw, index) => emailOf(earlier(draw, index))),
  address((draw, index) => emailOf(earlier(draw, index)).toUpperCase()),
  address((draw, index) => ` ${emailOf(earlier(draw, index))} `),
  address((draw, index) => emailOf(earlier(draw, index)).replace('@', '+news@')),
  address((draw, index) => `first.last${earlier(draw, index) % 100}@${draw.pick(DOMAINS)}`),
  address(
    (draw, index) => `${draw.pick(['firstlast', 'f.irstlast', 'FirstLast'])}${index % 100}@${draw.pick(DOMAINS)}`,
  ),
  address((draw, index) => `m${draw.pick(CONFUSABLE)}ke${earlier(draw, index)}@example.com`),
  address((draw, index) => `${draw.pick(['MÜLLER', 'müller', 'mu\u0308ller'])}${Math.floor(index / 400)}@example.com`),
  address(
    (draw, index) =>
      `${draw.pick(['paypal', 'paypa1', 'p\u0430ypal', 'pаypal', 'PayPaI'])}${Math.floor(index / 400)}@example.com`,
  ),
  address((draw, index) => `${draw.pick(['dan1', 'dani', 'danl'])}@company${Math.floor(index / 400)}.example`),
  // One key twice: a repeated row, one with other values, one with another address.
  ({ user, memberships }, draw, index) => {
    Object.assign(user, { id: idOf(earlier(draw, index)) })
    for (const membership of memberships) membership.clerk_user_id = user.id ?? ''
  },
  ({ user }, draw, index) => {
    const other = earlier(draw, index)
    Object.assign(user, {
      id: idOf(other),
      primary_email_address: emailOf(other),
      verified_email_addresses: emailOf(other),
    })
  },
  ({ user }, draw, index) => {
    const other = earlier(draw, index)
    Object.assign(user, {
      id: idOf(other),
      primary_email_address: emailOf(other),
      verified_email_addresses: '',
      first_name: 'Other',
    })
  },
  ({ user }, draw, index) => {
    user.external_id = `ext-${earlier(draw, index) % 50}`
  },
  // The external ID is the key of another user.
  ({ user }, draw, index) => {
    user.external_id = idOf(earlier(draw, index))
  },
  ({ user }) => {
    for (const column of Object.keys(user)) user[column] = ''
  },
]

/** Changes one membership, if there is one. */
const membership =
  (change: (row: Row, draw: Draw, index: number) => void): Fault =>
  ({ memberships }, draw, index) => {
    if (memberships.length > 0) change(draw.pick(memberships), draw, index)
  }

const MEMBERSHIP_FAULTS: readonly Fault[] = [
  membership((row, draw) => {
    row.clerk_user_id = draw.pick(['nobody', '', ' ', 'NULL', '__proto__', 'USER_00000001'])
  }),
  membership((row, draw, index) => {
    row.clerk_user_id = idOf(earlier(draw, index))
  }),
  membership((row, draw, index) => {
    row.clerk_user_id = idOf(index + 1 + draw.below(1000))
  }),
  membership((row, draw) => {
    Object.assign(row, {
      org_external_id: '',
      org_name: draw.pick(['', ' ', 'Acme', 'ACME', 'acme', 'Acme ', 'Ａcme', 'NULL']),
    })
  }),
  membership((row, draw) => {
    Object.assign(row, {
      org_external_id: draw.pick(['unnamed-1', 'unnamed-2', 'ORG-1', ' org-1 ', 'größe', 'o'.repeat(65)]),
      org_name: '',
    })
  }),
  membership((row, draw) => {
    Object.assign(row, { org_id: draw.pick(['org_01HZZZZZZZZZZZZZZZZZZZZZZZ', 'not-an-id', ' ']) })
  }),
  membership((row, draw) => {
    Object.assign(row, {
      org_id: draw.pick(['org_01HZZZZZZZZZZZZZZZZZZZZZZZ', 'org_2']),
      org_external_id: '',
      org_name: '',
    })
  }),
  membership((row, draw) => {
    row.org_name = draw.pick(ODD_TEXTS)
  }),
  membership((row, draw) => {
    row.role_slugs = draw.pick(ODD_ROLES)
  }),
  ({ memberships }, draw) => {
    const [row] = memberships
    if (row !== undefined) memberships.push({ ...row, role_slugs: draw.pick(['', 'org:admin', 'member']) })
  },
]

const ROLE_FAULTS: readonly Fault[] = [
  ({ user, roles }, draw) => {
    roles.push({ clerk_user_id: user.id ?? '', role_slug: draw.pick(ODD_ROLES) })
  },
  ({ user, roles }, draw) => {
    roles.push({
      clerk_user_id: user.id ?? '',
      role_slug: draw.pick(ROLES),
      org_external_id: draw.pick(['org-1', 'nowhere', 'org-3']),
    })
  },
  ({ user, roles }, draw) => {
    roles.push({ external_id: user.id ?? '', role_slug: draw.pick(ROLES) })
  },
  ({ roles }, draw) => {
    roles.push({ external_id: draw.pick(['ext-1', 'nobody', '']), role_slug: draw.pick(ROLES) })
  },
  ({ user, roles }, draw, index) => {
    roles.push({ clerk_user_id: user.id ?? '', external_id: idOf(earlier(draw, index)), role_slug: draw.pick(ROLES) })
  },
  ({ roles }, draw) => {
    roles.push({ clerk_user_id: draw.pick(['nobody', '', 'user_zzzzzzzz']), role_slug: draw.pick(ROLES) })
  },
  ({ user, roles }, draw) => {
    roles.push({
      clerk_user_id: user.id ?? '',
      role_slug: draw.pick(ROLES),
      org_name: draw.pick(['Organization 9', 'Acme', 'Nowhere']),
    })
  },
]

/** Counts by fault. Some users have several. */
const SHARES: readonly [share: number, faults: readonly Fault[]][] = [
  [0.1, USER_FAULTS],
  [0.01, USER_FAULTS],
  [0.03, MEMBERSHIP_FAULTS],
  [0.02, ROLE_FAULTS],
]

/** Changes of a later export. */
const CHANGES: readonly Change[] = [
  ({ user }) => {
    user.first_name = `${user.first_name ?? ''} Renamed`
  },
  ({ user }) => {
    user.last_name = ''
  },
  ({ user }) => {
    user.username = `${user.username ?? ''}-changed`
  },
  ({ user }) => {
    user.primary_email_address = `changed-${user.primary_email_address ?? ''}`
    user.verified_email_addresses = user.primary_email_address
  },
  ({ user }, draw) => {
    user.primary_email_address = draw.pick(BAD_ADDRESSES)
  },
  ({ user }) => {
    user.verified_email_addresses = ''
  },
  ({ user }, draw) => {
    const [hasher, digest] = draw.pick([...DIGESTS, ...BAD_DIGESTS])
    Object.assign(user, { password_hasher: hasher, password_digest: digest })
  },
  ({ user }, draw) => {
    user.totp_secret = draw.pick([...SECRETS, ''])
  },
  ({ user }, draw) => {
    user.metadata = draw.pick(METADATA)
  },
  (person) => {
    person.memberships.length = 0
  },
  (person) => {
    person.roles.length = 0
  },
  ({ user, memberships }, draw) => {
    memberships.push({ clerk_user_id: user.id ?? '', ...organizationOf(draw.below(10), draw) })
  },
  ({ user, roles }, draw) => {
    roles.push({ clerk_user_id: user.id ?? '', role_slug: draw.pick(ROLES) })
  },
  ({ memberships }, draw) => {
    for (const row of memberships) if (row.org_name) row.org_name = `${row.org_name}${draw.pick(['', ' Renamed'])}`
  },
]
