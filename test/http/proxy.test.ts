import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/diagnostics/errors.ts'
import { Redactor } from '../../src/diagnostics/redactor.ts'
import { isLoopback, proxiesOf, proxySecrets, proxyUrl } from '../../src/http/proxy.ts'

describe('the variables', () => {
  test.each([
    [{}, undefined, undefined, ''],
    [{ HTTPS_PROXY: 'http://a:1' }, 'HTTPS_PROXY=http://a:1', undefined, ''],
    [{ HTTP_PROXY: 'http://a:1' }, 'HTTP_PROXY=http://a:1', 'HTTP_PROXY=http://a:1', ''],
    [
      { https_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:1', http_proxy: 'http://c:1', HTTP_PROXY: 'http://d:1' },
      'https_proxy=http://a:1',
      'http_proxy=http://c:1',
      '',
    ],
    [{ https_proxy: '', HTTPS_PROXY: ' http://b:1 ' }, 'HTTPS_PROXY=http://b:1', undefined, ''],
    [{ HTTPS_PROXY: '', HTTP_PROXY: ' ' }, undefined, undefined, ''],
    [{ NO_PROXY: 'a,b', no_proxy: 'c' }, undefined, undefined, 'c'],
    [{ NO_PROXY: 'a,b', no_proxy: '' }, undefined, undefined, 'a,b'],
    [{ ALL_PROXY: 'http://a:1', all_proxy: 'http://a:1' }, undefined, undefined, ''],
  ])('%j set these proxies', (env, https, http, except) => {
    const proxies = proxiesOf(env)
    const shown = (variable?: { name: string; value: string }) => variable && `${variable.name}=${variable.value}`
    expect([shown(proxies.https), shown(proxies.http), proxies.except]).toEqual([https, http, except])
  })
})

describe('the URL of a proxy', () => {
  test.each([
    ['http://proxy.example:3128', 'http://proxy.example:3128/'],
    ['http://proxy.example:3128/', 'http://proxy.example:3128/'],
    ['proxy.example:3128', 'http://proxy.example:3128/'],
    ['proxy', 'http://proxy/'],
    ['HTTPS://proxy.example', 'https://proxy.example/'],
    ['http://[fe80::1]:3128', 'http://[fe80::1]:3128/'],
    ['ada:pass@proxy.example:3128', 'http://ada:pass@proxy.example:3128/'],
    ['http://ada:p%40ss@proxy.example', 'http://ada:p%40ss@proxy.example/'],
  ])('%s is read as %s', (value, expected) => {
    expect(proxyUrl({ name: 'HTTPS_PROXY', value }).href).toBe(expected)
  })

  test.each([
    ['socks5://ada:p4ssw0rd@proxy.example:1080', 'SOCKS proxy (socks5://)'],
    ['socks5h://ada:p4ssw0rd@proxy.example:1080', 'SOCKS proxy (socks5h://)'],
    ['SOCKS://proxy.example:1080', 'SOCKS proxy (socks://)'],
    ['ftp://ada:p4ssw0rd@proxy.example', 'ftp://'],
    ['http://', 'is not a proxy URL'],
    ['http://ada:p4ssw0rd@', 'is not a proxy URL'],
    ['http://proxy.example:99999', 'is not a proxy URL'],
    ['http://ada:p4ssw0rd#x@proxy.example:3128', 'is not a proxy URL'],
    ['http://ada:1#p4ssw0rd@proxy.example:3128', 'is not a proxy URL'],
    ['http://ada:1/p4ssw0rd@proxy.example:3128', 'is not a proxy URL'],
    ['http://proxy.example/proxy.pac', 'is not a proxy URL'],
    ['http://ada:p4ssw0rd%zz@proxy.example:3128', 'an invalid % sequence'],
    ['http://proxy one:3128', 'is not a proxy URL'],
  ])('%s is rejected, with the name of its variable and without its value', (value, why) => {
    let error: unknown
    try {
      proxyUrl({ name: 'https_proxy', value })
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(UsageError)
    const { problems, stack } = error as UsageError
    expect(problems).toMatchObject([{ code: 'bad_proxy', message: expect.stringContaining(why) }])
    expect(problems[0]?.message).toMatch(/^https_proxy /)
    expect(problems[0]?.hint).toContain('https_proxy=http://')
    expect(JSON.stringify(problems) + stack).not.toMatch(/ada|p4ssw0rd/)
  })
})

test.each([
  ['http://ada:p4ssw0rd@proxy:3128', ['p4ssw0rd', 'ada:p4ssw0rd', btoa('ada:p4ssw0rd')]],
  ['ada:p4ssw0rd@proxy:3128', ['p4ssw0rd']],
  ['http://ada:p%40ss%23word@proxy:3128', ['p%40ss%23word', 'p@ss#word', btoa('ada:p@ss#word')]],
  ['http://ada:p@ss#word@proxy:3128', ['p@ss#word', btoa('ada:p@ss#word')]],
  ['http://ada:p4ss%zzword@proxy:3128', ['p4ss%zzword']],
  ['http://t0ken-0123@proxy:3128', ['t0ken-0123', btoa('t0ken-0123:')]],
  ['http://t0ken-0123:@proxy:3128', ['t0ken-0123', btoa('t0ken-0123:')]],
  ['socks5://ada:p4ssw0rd@proxy:1080', ['p4ssw0rd']],
  ['http://ada:12#p4ssw0rd@proxy:3128', ['12#p4ssw0rd']],
])('the secret of %s is hidden, and the user name stays readable', (value, secrets) => {
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy']) {
    const redactor = new Redactor()
    for (const secret of proxySecrets({ [name]: value })) redactor.register(secret)
    for (const secret of secrets)
      expect(redactor.redact(`before ${secret} after`), secret).toBe('before [redacted] after')
    expect(redactor.redact('the proxy of ada, proxy:3128')).toBe('the proxy of ada, proxy:3128')
  }
})

test('a proxy without credentials has nothing to hide', () => {
  expect(proxySecrets({ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'a@b', HTTP_PROXY: '' })).toEqual([])
})

test.each([
  ['http://localhost', true],
  ['http://LOCALHOST:1', true],
  ['https://localhost.', true],
  ['http://127.0.0.1:4100', true],
  ['http://127.1', true],
  ['http://2130706433', true],
  ['http://127.255.255.254', true],
  ['http://[::1]:4100', true],
  ['http://[0:0:0:0:0:0:0:1]', true],
  ['https://api.workos.com', false],
  ['https://localhost.example.com', false],
  ['https://127.0.0.1.example.com', false],
  ['https://128.0.0.1', false],
  ['https://[::2]', false],
])('%s is on this machine: %s', (url, expected) => {
  expect(isLoopback(new URL(url).hostname)).toBe(expected)
})
