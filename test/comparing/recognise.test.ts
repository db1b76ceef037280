import { describe, expect, test } from 'vitest'
import { type LiveLookup, recognise } from '../../src/comparing/identify.ts'
import { kindDefinition } from '../../src/kinds/registry.ts'
import type { Attributes, DesiredResource, LiveResource } from '../../src/resource.ts'

const NONE: LiveLookup = {
  byId: () => undefined,
  byExternalId: () => undefined,
  byNaturalKey: () => undefined,
  namesakes: () => [],
  byName: () => ({ type: 'none' }),
}

const live = (id: string, more: Partial<LiveResource> = {}): LiveResource => ({
  id,
  externalId: null,
  naturalKey: null,
  attributes: {},
  ...more,
})

function desired(kind: string, attributes: Attributes): DesiredResource {
  return { kind, key: 'one', attributes, secrets: null, refs: {} }
}

function found(kind: string, attributes: Attributes, lookup: Partial<LiveLookup>, refIds: object | null = {}): string {
  const ids = refIds === null ? undefined : { ...refIds }
  const result = recognise(kindDefinition(kind), desired(kind, attributes), ids, { ...NONE, ...lookup })
  if (result.type === 'none') return 'none'
  return result.type === 'found' ? `${result.live.id} by ${result.matchedBy}` : `several: ${result.code}`
}

const byExternalId = () => live('by_external_id')
const byNaturalKey = (naturalKey: string) => live('by_natural_key', { naturalKey })
const byName: LiveLookup['byName'] = () => ({ type: 'found', live: live('by_name') })
const GROUP = { organization: 'org_1' }

describe('the live resource of a desired one', () => {
  test.each<[string, string, string]>([
    [
      'its external ID comes before its address',
      found('user', { externalId: 'a', email: 'a@b.c' }, { byExternalId, byNaturalKey }),
      'by_external_id by external id',
    ],
    [
      'an address finds it if no external ID does',
      found('user', { externalId: 'a', email: 'a@b.c' }, { byNaturalKey }),
      'by_natural_key by natural identity',
    ],
    [
      'a WorkOS ID finds that one or none',
      found('organization', { id: 'org_1', externalId: 'a' }, { byExternalId }),
      'none',
    ],
    [
      'a name counts last',
      found('organization', { externalId: 'a', name: 'A' }, { byExternalId, byName }),
      'by_external_id by external id',
    ],
    [
      'a name counts if nothing else finds it',
      found('organization', { externalId: 'a', name: 'A' }, { byName }),
      'by_name by name',
    ],
    ['an incomplete identity finds nothing', found('group', { name: 'A' }, { byNaturalKey }, null), 'none'],
    [
      'the only one with its name matches',
      found('group', { name: 'A' }, { byNaturalKey }, GROUP),
      'by_natural_key by natural identity',
    ],
    [
      'of several with its name none matches',
      found('group', { name: 'A' }, { byNaturalKey, namesakes: () => ['1', '2'] }, GROUP),
      'several: ambiguous_identity',
    ],
    [
      'a name with several resources is ambiguous',
      found(
        'organization',
        { name: 'A' },
        { byName: () => ({ type: 'ambiguous', code: 'ambiguous_organization_name', message: '' }) },
      ),
      'several: ambiguous_organization_name',
    ],
    ['nothing is there', found('user', { email: 'a@b.c' }, {}), 'none'],
  ])('%s', (_, result, expected) => {
    expect(result).toBe(expected)
  })
})
