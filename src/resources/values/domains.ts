import { accept, type Check, isEmpty, refuse, shown } from './check.ts'

/** Mail providers open to everybody. WorkOS refuses their domains as an organization's; it does not publish its list. */
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

const DOMAIN = /^(?=.{4,253}$)(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}][\p{L}\p{N}-]*$/u

/** Whether a domain is that of a mail provider open to everybody, as far as they are known here. */
export function isConsumerDomain(domain: string): boolean {
  return CONSUMER_DOMAINS.has(domain.trim().toLowerCase())
}

/** The domains of an organization, from a list or comma text: lowercased, without repetition; undefined when there are none. */
export function normaliseDomains(value: unknown): Check<string[] | undefined> {
  if (isEmpty(value)) return accept(undefined)
  const items: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [value]
  const domains = new Set<string>()
  for (const item of items) {
    if (isEmpty(item)) continue
    const domain = typeof item === 'string' ? item.trim().toLowerCase() : ''
    if (!DOMAIN.test(domain)) {
      return refuse('invalid_domain', `${shown(item)} is not a domain`, 'expected names like example.com')
    }
    if (isConsumerDomain(domain)) {
      return refuse(
        'consumer_domain',
        `${domain} belongs to a public mail provider, and WorkOS does not take it as an organization's domain`,
        'leave it out of the mapping of domains',
      )
    }
    domains.add(domain)
  }
  return accept(domains.size === 0 ? undefined : [...domains])
}
