import { lowerAscii } from '../../addresses.ts'
import { isObject, type JsonObject } from '../../json.ts'
import type { LiveResource } from '../../resource.ts'
import type { Api } from '../../workos/api.ts'
import { keyed } from '../collisions.ts'
import type { NormaliseResult, ValueProblem, ValueRules } from '../draft.ts'
import type { KindDefinition } from '../kind.ts'
import { normaliseExternalId, optionalText, parseBoolean, take } from '../values/check.ts'
import { normaliseEmail } from '../values/email.ts'
import { checkMetadataLimits, fitMergedMetadata, readMetadata } from '../values/metadata.ts'
import { createBody, listed, pages, pick, requiredText, type Spelling, textOf, updateBody } from '../wire.ts'
import { hasAddressAlone, holderOutOfScope, rivalOutOfScope, rivalToCreate } from './clashes.ts'
import { gatheringUsers } from './gather.ts'
import { userLifecycle, userNames, userNotes, userPolicy } from './lifecycle.ts'
import { readLocale } from './locale.ts'
import { normaliseCredentials } from './passwords/credentials.ts'
import { passwordWarnings } from './passwords/warnings.ts'
import { userScope } from './scope.ts'
import { takeTotp } from './totp-secret.ts'
import { everybodyVerified } from './value-warnings.ts'
import { userRemarks, userRemedies } from './wording.ts'

/**
 * Users: how they are checked, merged, planned, sent and read back. Their own steps are in
 * `lifecycle.ts`, passwords in `passwords/`, TOTP factors in `totp-*.ts`.
 */

const PATH = '/user_management/users'

/** The fields of a create. */
const CREATED: Spelling = {
  email: 'email',
  emailVerified: 'email_verified',
  firstName: 'first_name',
  lastName: 'last_name',
  name: 'name',
  externalId: 'external_id',
  metadata: 'metadata',
}

const SPELLING: Spelling = { ...CREATED, locale: 'locale' }

/** The fields of a response besides the address, in the order of canonical JSON. */
const READ = Object.entries({ ...SPELLING, lastSignInAt: 'last_sign_in_at' })
  .filter(([field]) => field !== 'email')
  .sort(([one], [other]) => (one < other ? -1 : 1))

/** Codes of a rejected create if the email address or external ID already belongs to a user. */
const EXISTS: ReadonlySet<string> = new Set(['email_not_available', 'user_already_exists', 'external_id_already_used'])

/** A user: identified by external ID, then by email address. */
export const user: KindDefinition = {
  name: 'user',
  plural: 'users',
  remarks: userRemarks,
  remedies: userRemedies,
  rule: 'user',
  alwaysCounted: true,
  refs: {},
  fields: {
    email: { compare: 'value', merge: 'first', caseless: true },
    emailVerified: { compare: 'value', merge: 'any', about: 'email' },
    firstName: { compare: 'value', merge: 'first' },
    lastName: { compare: 'value', merge: 'first' },
    locale: { compare: 'value', merge: 'first', caseless: true, separate: 'updates' },
    name: { compare: 'value', merge: 'first' },
    externalId: { compare: 'value', merge: 'first' },
    metadata: { compare: 'map', merge: 'union' },
    password: { secret: true, compare: 'value', merge: 'first' },
    passwordHash: { secret: true, compare: 'value', merge: 'first' },
    totpSecret: { secret: true, compare: 'value', merge: 'first' },
  },
  exclusive: [['password', 'passwordHash']],
  // Someone who signed up with another user's address and never verified it must not get into that
  // user's account with their own password.
  provenBy: 'emailVerified',
  holder: true,
  mapped: [
    'key',
    'email',
    'emailVerified',
    'firstName',
    'lastName',
    'locale',
    'name',
    'externalId',
    'metadata',
    'password',
    'passwordHash',
    'passwordHashType',
    'totpSecret',
  ],
  secretInputs: ['password', 'passwordHash', 'passwordHashType', 'totpSecret'],
  rareSecrets: ['totpSecret'],
  normalise,
  mergePolicy: userPolicy,
  lifecycle: userLifecycle,
  mootNotes: userNotes,
  names: userNames,
  collisions: [keyed('user', 'user_key_collision')],
  scope: userScope,
  fitMerged: fitMergedMetadata,
  checkMerged: (attributes, rules) =>
    isObject(attributes.metadata) ? checkMetadataLimits(attributes.metadata, rules.metadata) : [],
  rateClass: 'write',
  whyNotCreatable: () => undefined,
  naturalKey: (desired) => textOf(desired.attributes, 'email'),
  natural: () => "d.attributes ->> '$.email'",
  list: (api) => pages(api, PATH, {}, parse),
  find: async (api, desired) => {
    const externalId = textOf(desired.attributes, 'externalId')
    if (externalId !== null) {
      const body = await api.read(`${PATH}/external_id/${encodeURIComponent(externalId)}`)
      if (body !== undefined) return parse(body)
    }
    const email = textOf(desired.attributes, 'email')
    return email === null ? undefined : findByEmail(api, email)
  },
  get: async (api, id) => {
    const body = await api.read(`${PATH}/${encodeURIComponent(id)}`)
    return body === undefined ? undefined : parse(body)
  },
  create: ({ attributes, secrets }) => ({
    method: 'POST',
    path: PATH,
    body: { ...createBody(attributes, CREATED), ...credentialsBody(secrets ?? {}, ['password', 'passwordHash']) },
  }),
  update: (id, changes, { secrets }) => [
    {
      method: 'PUT',
      path: `${PATH}/${encodeURIComponent(id)}`,
      body: { ...updateBody(changes, SPELLING), ...credentialsBody(secrets ?? {}, Object.keys(changes)) },
    },
  ],
  remove: (id) => ({ method: 'DELETE', path: `${PATH}/${encodeURIComponent(id)}` }),
  parse,
  exists: (codes) => codes.some((code) => EXISTS.has(code)),
  label: (desired) => textOf(desired.attributes, 'email') ?? desired.key,
  planned: {
    plain: {
      label: "coalesce(d.attributes ->> '$.email', d.key)",
      where: hasAddressAlone,
    },
    refuse: { unknown: rivalOutOfScope, create: rivalToCreate, update: holderOutOfScope },
    secretNotes: { changed: 'password_changed_in_source', keptBack: 'password_kept_back' },
  },
  countsSecrets: true,
  provesEnvironment: true,
  stateScope: { is: 'chosen', heldBy: ['membership'], counted: true },
  deletion: {
    round: 'people',
    whole: true,
    usedSince: ({ attributes: { lastSignInAt } }) =>
      typeof lastSignInAt === 'string' ? `the user has signed in since (${lastSignInAt})` : undefined,
  },
  review: {
    main: true,
    // The TOTP secret becomes a separate resource.
    mapsFields: { except: ['email', 'passwordHashType', 'totpSecret'] },
    duplicateCodes: ['external_id_clash', 'identity_clash', 'exists_already', 'unverified_account'],
    valueWarnings: (context) => [...(context.partial ? [] : everybodyVerified(context)), ...passwordWarnings(context)],
    gathering: gatheringUsers,
  },
}

function normalise(fields: Record<string, unknown>, rules: ValueRules): NormaliseResult {
  const problems: ValueProblem[] = []
  const text = (field: string) => take(field, optionalText(fields[field]), problems)
  const email = take('email', normaliseEmail(fields.email), problems)
  const externalId = take('externalId', normaliseExternalId(fields.externalId, rules.externalId), problems)
  const key = text('key') ?? externalId ?? email ?? null
  const metadata = readMetadata(fields.metadata, rules.metadata, problems)
  const credentials = normaliseCredentials(fields, rules.passwords)
  problems.push(...credentials.problems)
  const totp = takeTotp(fields.totpSecret, metadata?.metadata ?? {}, rules.totp, problems)
  const emailVerified = take('emailVerified', parseBoolean(fields.emailVerified), problems)
  const firstName = text('firstName')
  const lastName = text('lastName')
  const locale = readLocale(text('locale'))
  const name = text('name')
  if (problems.length > 0 || key === null) return { ok: false, key, problems }
  // Ordered by name, as they are written.
  const attributes: JsonObject = {}
  if (email !== undefined) attributes.email = email
  if (emailVerified !== undefined) attributes.emailVerified = emailVerified
  if (externalId !== undefined) attributes.externalId = externalId
  if (firstName !== undefined) attributes.firstName = firstName
  if (lastName !== undefined) attributes.lastName = lastName
  if (locale.tag !== undefined) attributes.locale = locale.tag
  if (metadata !== undefined) attributes.metadata = metadata.metadata
  if (name !== undefined) attributes.name = name
  const notes = metadata === undefined ? [] : [...metadata.notes]
  if (credentials.reset !== undefined) notes.push(credentials.reset)
  if (credentials.beside) notes.push({ code: 'password_beside_hash', detail: '' })
  notes.push(...totp.notes, ...locale.notes)
  const secrets = totp.secret === undefined ? credentials.secrets : { ...credentials.secrets, totpSecret: totp.secret }
  return { ok: true, value: { key, attributes, secrets, refs: {}, notes } }
}

function parse(body: JsonObject): LiveResource {
  const email = lowerAscii(requiredText(body, 'email'))
  const attributes: JsonObject = { email }
  for (const [field, name] of READ) {
    const value = body[name]
    if (value !== undefined) attributes[field] = value
  }
  return { id: requiredText(body, 'id'), externalId: textOf(body, 'external_id'), naturalKey: email, attributes }
}

async function findByEmail(api: Api, email: string): Promise<LiveResource | undefined> {
  const body = await api.read(PATH, { email, limit: 10 })
  return listed(PATH, body)
    .map(parse)
    .find((found) => found.naturalKey === email)
}

/** The named secret fields in WorkOS's form: a hash is never sent without its type. */
function credentialsBody(secrets: JsonObject, fields: readonly string[]): JsonObject {
  const { password, passwordHash } = secrets
  if (fields.includes('password') && typeof password === 'string') return { password }
  if (!fields.includes('passwordHash') || !isObject(passwordHash)) return {}
  return {
    password_hash: requiredText(passwordHash, 'hash'),
    password_hash_type: requiredText(passwordHash, 'type'),
    ...pick(passwordHash, 'saltPosition', 'password_salt_position'),
  }
}
