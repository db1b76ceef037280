import { domainToASCII } from 'node:url'
import { addressForm, hidesAscii } from '../../addresses.ts'
import type { Manifest } from '../../config/manifest.ts'
import { isObject } from '../../json.ts'
import { accept, type Check, isEmpty, refuse, shown } from '../values/check.ts'

/**
 * Public email providers. WorkOS rejects their domains for organizations; it does not publish its
 * list.
 */
const CONSUMER_DOMAINS: ReadonlySet<string> = new Set(
  `gmail.com googlemail.com outlook.com outlook.de outlook.fr hotmail.com hotmail.co.uk hotmail.fr hotmail.de hotmail.it
  live.com live.co.uk live.fr live.nl msn.com passport.com yahoo.com yahoo.co.uk yahoo.co.in yahoo.co.jp yahoo.com.br
  yahoo.de yahoo.es yahoo.fr yahoo.it yahoo.ca ymail.com rocketmail.com aol.com aim.com icloud.com me.com mac.com
  proton.me protonmail.com protonmail.ch pm.me tutanota.com tuta.io gmx.com gmx.de gmx.net gmx.at gmx.ch web.de
  t-online.de freenet.de mail.com mail.ru bk.ru inbox.ru list.ru yandex.com yandex.ru ya.ru rambler.ru qq.com 163.com
  126.com yeah.net sina.com sohu.com foxmail.com naver.com hanmail.net daum.net orange.fr free.fr wanadoo.fr laposte.net
  sfr.fr libero.it virgilio.it tiscali.it comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net
  btinternet.com sky.com virginmedia.com uol.com.br bol.com.br terra.com.br rediffmail.com zoho.com zohomail.com
  fastmail.com fastmail.fm hey.com hushmail.com duck.com mailinator.com guerrillamail.com yopmail.com`.split(/\s+/),
)

/**
 * Labels of letters, digits and inner hyphens, as in DNS (RFC 1035, section 2.3.1); the last begins
 * with a letter.
 */
const DOMAIN = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/

const STATES = ['pending', 'verified'] as const

type DomainRules = Pick<Manifest['organizations'], 'domainState' | 'consumerDomains'>

/** The domains of an organization, each once, in order, in ASCII and lower case. */
export interface Domains {
  domains: string[]
  /** Domains to create as verified, because the manifest allows it. */
  verified: string[]
  /** Domains of public email providers that the manifest drops. */
  dropped: string[]
  /** Whether the mapping calls a domain verified that is created as pending. */
  mistrusted: boolean
}

/** Whether a domain belongs to a known public email provider. */
export function isConsumerDomain(domain: string): boolean {
  return CONSUMER_DOMAINS.has(addressForm(domain))
}

/**
 * Domains from a list, a comma-separated text, or a list of `{ domain, state }`. Undefined: the
 * source has none. The source alone never makes a domain verified.
 */
export function normaliseDomains(value: unknown, rules: DomainRules): Check<Domains | undefined> {
  if (isEmpty(value)) return accept(undefined)
  const items: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [value]
  const dropped = new Set<string>()
  const claimed = new Map<string, boolean>()
  for (const item of items) {
    if (isEmpty(item)) continue
    const entry = readEntry(item)
    if (!entry.ok) return entry
    const { domain, state } = entry.value
    if (!isConsumerDomain(domain)) claimed.set(domain, claimed.get(domain) === true || state === 'verified')
    else if (rules.consumerDomains === 'drop') dropped.add(domain)
    else {
      return refuse(
        'consumer_domain',
        `${domain} belongs to a public email provider, and WorkOS rejects it as the domain of an organization`,
        'remove it from the mapping of domains, or set organizations.consumerDomains to drop',
      )
    }
  }
  if (claimed.size + dropped.size === 0) return accept(undefined)
  const domains = [...claimed.keys()].sort()
  const said = domains.filter((domain) => claimed.get(domain))
  const verified = { pending: [], mapped: said, verified: domains }[rules.domainState]
  return accept({ domains, verified, dropped: [...dropped], mistrusted: said.length > verified.length })
}

function readEntry(item: unknown): Check<{ domain: string; state: string }> {
  const name = isObject(item) ? item.domain : item
  const written = typeof name === 'string' ? name.trim() : ''
  const domain = domainToASCII(written)
  // DNS reads some letters as others: a lookalike would become another organization's domain.
  if (!DOMAIN.test(domain) || written.split('.').some(hidesAscii)) {
    const hint = 'expected a name like example.com, or { "domain": "example.com", "state": "pending" }'
    return refuse('invalid_domain', `${shown(item)} is not a domain`, hint)
  }
  const given = isObject(item) && !isEmpty(item.state) ? item.state : 'pending'
  const state = STATES.find((state) => state === given)
  if (state === undefined) {
    return refuse(
      'invalid_domain_state',
      `${shown(given)} is not a state for the domain ${domain}`,
      'map pending or verified, as in domains.{ "domain": name, "state": verified ? "verified" : "pending" }',
    )
  }
  return accept({ domain, state })
}
