import type { Problem } from '../../../diagnostics/problem.ts'
import { textOption } from '../../csv/options.ts'
import { addressOf } from './address.ts'
import { isLive, isoTime, organizationsFrom } from './option-values.ts'

/** Options that say how a tenant is read, and say nothing to a file. */
const LIVE_ONLY = [
  'audience',
  'clientId',
  'clientSecret',
  'organizations',
  'connections',
  'engine',
  'exportAbove',
  'pageSize',
  'rate',
  'concurrency',
  'updatedSince',
]

/** Everything that is wrong with how the options go together: the schema has seen to each by itself. */
export function checkOptions(config: Record<string, unknown>): Problem[] {
  const problems: Problem[] = []
  const file = textOption(config, 'users')
  if (!isLive(config)) {
    if (file === undefined) {
      problems.push({
        code: 'no_users',
        message: 'neither a tenant nor a file of users is named',
        hint: 'give domain, clientId and clientSecret, or users: a bulk export or a dashboard export',
        path: 'source',
      })
      return problems
    }
    for (const name of LIVE_ONLY.filter((option) => config[option] !== undefined)) {
      problems.push({
        code: 'option_without_tenant',
        message: `${name} is about a tenant, and the users come from a file`,
        hint: `take ${name} out, or name the tenant (domain) in place of users`,
        path: `source.${name}`,
      })
    }
    if (config.organizationFrom === 'organizations') {
      problems.push({
        code: 'no_organizations_in_file',
        message: 'a file of users says nothing of Auth0 organizations',
        hint: 'read the tenant (domain, clientId, clientSecret), or set organizationFrom to metadata or none',
        path: 'source.organizationFrom',
      })
    }
    return [...problems, ...metadataProblems(config)]
  }
  if (file !== undefined) {
    problems.push({
      code: 'two_sources_of_users',
      message: 'the users cannot come from a tenant and from a file',
      hint: 'take users out to read the tenant, or domain to read the file',
      path: 'source.users',
    })
  }
  const address = addressOf(textOption(config, 'domain') ?? '', textOption(config, 'audience'))
  if (!('baseUrl' in address)) problems.push(address)
  if (config.organizations !== undefined && organizationsFrom(config) !== 'organizations') {
    problems.push({
      code: 'organizations_not_read',
      message: `organizations names some to read, and organizationFrom is ${organizationsFrom(config)}`,
      hint: 'take one of the two out',
      path: 'source.organizations',
    })
  }
  const since = textOption(config, 'updatedSince')
  if (since !== undefined && isoTime(since) === undefined) {
    problems.push({
      code: 'bad_value',
      message: 'source.updatedSince is no date that exists',
      hint: 'for example 2026-11-20T18:00:00Z',
      path: 'source.updatedSince',
    })
  }
  return [...problems, ...metadataProblems(config)]
}

/** What keeps a tenant from being asked. A snapshot of it is read without credentials. */
export function checkCredentials(config: Record<string, unknown>): Problem[] {
  if (!isLive(config)) return []
  return ['clientId', 'clientSecret'].flatMap((name): Problem[] => {
    if (textOption(config, name) !== undefined) return []
    return [
      {
        code: 'missing_key',
        message: `"${name}" is missing`,
        hint: 'a tenant is read with the credentials of a machine-to-machine application: see docs/how-to/sources/auth0.md',
        path: `source.${name}`,
      },
    ]
  })
}

function metadataProblems(config: Record<string, unknown>): Problem[] {
  if (config.metadata === undefined || organizationsFrom(config) === 'metadata') return []
  return [
    {
      code: 'metadata_not_read',
      message: `metadata says where organizations stand in users, and organizationFrom is ${organizationsFrom(config)}`,
      hint: 'set organizationFrom: metadata, or take metadata out',
      path: 'source.metadata',
    },
  ]
}
