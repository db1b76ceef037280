import { X509Certificate } from 'node:crypto'
import { readRegular } from '../../files/regular-file.ts'
import { proxiesOf, proxyFor, proxyUrl } from '../../http/proxy.ts'
import { counted } from '../../reporting/style.ts'
import { type Finding, ok, problem, warning } from './finding.ts'
import type { Patient } from './patient.ts'
import { knownAddress } from './target.ts'

const PEM = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g

/** Certificates of a file that somebody put together by hand. */
const FEW = 10

/** The way to the target: a proxy, or none. */
export function lookAtProxy(patient: Patient): Finding[] {
  const address = knownAddress(patient)
  const proxies = proxiesOf(patient.context.env)
  if (address === undefined) return []
  const variable = proxyFor(proxies, address)
  const { host } = new URL(address)
  if (variable === undefined) {
    const why = proxies.https === undefined ? '' : `, although ${proxies.https.name} is set`
    return [ok('proxy', `${host} is reached directly${why}`)]
  }
  // Host and port alone: what stands before them are credentials.
  return [ok('proxy', `${host} is reached through ${proxyUrl(variable).host} (${variable.name})`)]
}

/** Authorities that Node.js is to trust besides its own. */
export function lookAtCertificates({ context: { env, now } }: Patient): Finding[] {
  const findings: Finding[] = []
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    findings.push(
      warning(
        'certificates',
        'NODE_TLS_REJECT_UNAUTHORIZED is 0: whoever stands in between can read the API key and every password hash',
        'unset it; for an authority of your own set NODE_EXTRA_CA_CERTS',
      ),
    )
  }
  const file = env.NODE_EXTRA_CA_CERTS
  if (file === undefined || file === '') {
    return findings.length > 0 ? findings : [ok('certificates', 'those that Node.js brings along')]
  }
  return [...findings, extraAuthorities(file, now())]
}

function extraAuthorities(file: string, now: number): Finding {
  const hint = 'name a file of certificates in PEM: Node.js goes on without it'
  let certificates: X509Certificate[]
  try {
    const blocks = readRegular(file).toString('latin1').match(PEM) ?? []
    certificates = blocks.map((block) => new X509Certificate(block))
  } catch {
    return problem('certificates', `${file} of NODE_EXTRA_CA_CERTS cannot be read as certificates`, hint)
  }
  if (certificates.length === 0)
    return problem('certificates', `${file} of NODE_EXTRA_CA_CERTS holds no certificate`, hint)
  const past = certificates.filter(({ validTo }) => Date.parse(validTo) < now)
  // A bundle of all the authorities of a system has some that are past.
  if (past.length === 0 || certificates.length > FEW) {
    return ok('certificates', `${counted(certificates.length, 'certificate')} of NODE_EXTRA_CA_CERTS`)
  }
  const expired = `${counted(past.length, 'certificate')} of NODE_EXTRA_CA_CERTS ${past.length === 1 ? 'has' : 'have'} expired`
  return warning('certificates', expired, 'ask for the new one, and name its file')
}
