import { describe, expect, test } from 'vitest'
import { isConsumerDomain, normaliseDomains } from '../../../src/kinds/organization/domains.ts'
import { RULES } from '../rules.ts'

const rules = RULES.organizations
const namesOf = (value: unknown) => {
  const result = normaliseDomains(value, rules)
  return result.ok ? result.value?.domains : result.fault.code
}

describe('the domains of an organization', () => {
  test.each([
    ['acme.example, WWW.Acme.example', ['acme.example', 'www.acme.example']],
    [['acme.example', ' ACME.example ', ''], ['acme.example']],
    [{ domain: 'acme.example' }, ['acme.example']],
    ['Bücher.example', ['xn--bcher-kva.example']],
    ['', undefined],
    [[], undefined],
    [null, undefined],
  ])('%j are %j', (value, domains) => {
    expect(namesOf(value)).toEqual(domains)
  })

  test.each([
    'localhost',
    'https://acme.example',
    'a@acme.example',
    'acme..example',
    '-acme.example',
    'acme_.example',
    '192.0.2.7',
    `${'a'.repeat(64)}.example`,
    7,
    { name: 'acme.example' },
    { domain: 7 },
    'ban\u212a.example',
    'ａcme.example',
    'ac\u00adme.example',
    'acme。example',
    [['acme.example']],
  ])('%j is rejected', (value) => {
    expect(namesOf(value)).toBe('invalid_domain')
  })

  test.each(['Verified', 'failed', true, 1])('the state %j is rejected', (state) => {
    expect(namesOf([{ domain: 'acme.example', state }])).toBe('invalid_domain_state')
  })
})

describe('the state of a domain', () => {
  const said = [{ domain: 'a.example', state: 'verified' }, { domain: 'b.example', state: 'pending' }, 'c.example']

  test.each([
    ['pending', [], true],
    ['mapped', ['a.example'], false],
    ['verified', ['a.example', 'b.example', 'c.example'], false],
  ] as const)('with domainState %s, the verified ones are %j', (domainState, verified, mistrusted) => {
    const result = normaliseDomains(said, { ...rules, domainState })
    expect(result.ok && result.value).toMatchObject({
      domains: ['a.example', 'b.example', 'c.example'],
      verified,
      mistrusted,
    })
  })
})

describe('a domain of a public email provider', () => {
  test('is known in any case', () => {
    expect(isConsumerDomain(' Gmail.com ')).toBe(true)
    expect(isConsumerDomain('gmail.com.example')).toBe(false)
  })

  test('is rejected, or dropped and named', () => {
    expect(namesOf('acme.example, GMAIL.com')).toBe('consumer_domain')
    const dropping = normaliseDomains('acme.example, GMAIL.com', { ...rules, consumerDomains: 'drop' })
    expect(dropping.ok && dropping.value).toMatchObject({ domains: ['acme.example'], dropped: ['gmail.com'] })
  })

  test('does not become verified by dropping', () => {
    const value = [{ domain: 'gmail.com', state: 'verified' }]
    const result = normaliseDomains(value, { domainState: 'verified', consumerDomains: 'drop' })
    expect(result.ok && result.value).toEqual({ domains: [], verified: [], dropped: ['gmail.com'], mistrusted: false })
  })
})
