/** TLS of a server: Gateways, and ingress listeners of Sidecars. */
import { all, error, fine, type Outcome, warning } from './outcome.ts'
import { children, type Message, text, texts } from './reading.ts'

const CIPHERS = new Set([
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  'AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-SHA',
  'AES256-SHA',
  'DES-CBC3-SHA',
])

const isCipher = (suite: string): boolean =>
  suite === '' || suite === 'ALL' || !/^[\p{L}\p{N}]/u.test(suite) || CIPHERS.has(suite)

const listText = (items: Iterable<string>): string => `[${[...new Set(items)].sort().join(' ')}]`

const checkCiphers = (tls: Message): Outcome => {
  const suites = texts(tls, 'cipherSuites')
  const wrong = suites.filter(suite => !isCipher(suite))
  const twice = suites.filter((suite, i) => isCipher(suite) && suites.indexOf(suite) < i)
  const old = ['TLSV1_0', 'TLSV1_1'].includes(text(tls, 'minProtocolVersion'))
  return all(
    warning(
      old && suites.length === 0
        ? 'TLS version below TLSV1_2 require setting compatible ciphers as by default they no longer include compatible ciphers.'
        : undefined,
    ),
    warning(wrong.length > 0 ? `ignoring invalid cipher suites: ${listText(wrong)}` : undefined),
    warning(twice.length > 0 ? `ignoring duplicate cipher suites: ${listText(twice)}` : undefined),
  )
}

const SOURCES: readonly (readonly [field: string, name: string])[] = [
  ['serverCertificate', 'server certificate'],
  ['privateKey', 'private key'],
  ['caCertificates', 'CA bundle'],
  ['tlsCertificates', 'tlsCertificates'],
  ['credentialName', 'credentialName'],
  ['credentialNames', 'credentialNames'],
]

const isSet = (tls: Message, field: string): boolean => {
  const value = tls[field]
  return Array.isArray(value) ? value.length > 0 : text(tls, field) !== ''
}

const MANY_SOURCES =
  'only one of credential_name, credential_names, server_certificate/private_key, tls_certificates should be specified'

/** An absent mode is PASSTHROUGH, the zero value. */
const modeOf = (tls: Message): string => text(tls, 'mode') || 'PASSTHROUGH'

export const isPassthrough = (tls: Message): boolean =>
  ['PASSTHROUGH', 'AUTO_PASSTHROUGH'].includes(modeOf(tls))

export const checkServerTls = (tls: Message | undefined): Outcome => {
  if (!tls) return fine
  const mode = modeOf(tls)
  if (mode === 'ISTIO_MUTUAL') {
    const given = SOURCES.filter(([field]) => isSet(tls, field))
    return all(
      checkCiphers(tls),
      ...given.map(([, name]) => error(`ISTIO_MUTUAL TLS cannot have associated ${name}`)),
    )
  }
  const ignored = [...SOURCES.map(([field]) => field), 'caCrl'].some(field => isSet(tls, field))
  const files = isSet(tls, 'serverCertificate') && isSet(tls, 'privateKey')
  const sources = ['credentialName', 'credentialNames', 'tlsCertificates'].filter(field => isSet(tls, field))
  return all(
    checkCiphers(tls),
    warning(
      isPassthrough(tls) && ignored
        ? `${mode} mode does not use certificates, they will be ignored`
        : undefined,
    ),
    error(sources.length + (files ? 1 : 0) > 1 ? MANY_SOURCES : undefined),
    checkCertificates(tls, mode),
  )
}

const checkCertificates = (tls: Message, mode: string): Outcome => {
  const mutual = mode === 'MUTUAL' || mode === 'OPTIONAL_MUTUAL'
  const terminates = mode === 'SIMPLE' || mutual
  if (terminates && (isSet(tls, 'credentialName') || isSet(tls, 'credentialNames'))) return fine
  const revocation = isSet(tls, 'caCrl')
  return all(
    terminates ? checkFiles(tls, mutual) : fine,
    error(
      revocation && isSet(tls, 'credentialName')
        ? 'CRL is not supported with credentialName. CRL has to be specified in the credential'
        : undefined,
    ),
    error(revocation && mode === 'SIMPLE' ? 'CRL is not supported with SIMPLE TLS' : undefined),
  )
}

const checkFiles = (tls: Message, mutual: boolean): Outcome => {
  const name = mutual ? 'MUTUAL TLS' : 'SIMPLE TLS'
  const several = children(tls, 'tlsCertificates')
  const certificates = several.length > 0 ? several : [tls]
  return all(
    error(mutual && !isSet(tls, 'caCertificates') ? `${name} requires a client CA bundle` : undefined),
    warning(several.length > 2 ? `${name} can support up to 2 server certificates` : undefined),
    ...certificates.flatMap(certificate => [
      error(isSet(certificate, 'serverCertificate') ? undefined : `${name} requires a server certificate`),
      error(isSet(certificate, 'privateKey') ? undefined : `${name} requires a private key`),
    ]),
  )
}
