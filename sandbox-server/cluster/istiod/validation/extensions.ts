/** WasmPlugin and TrafficExtension. */
import { type GoError, q } from './go-error.ts'
import { all, error, fine, type Outcome } from './outcome.ts'
import { child, children, count, has, type Message, text } from './reading.ts'
import type { Config } from './registry.ts'
import { checkAttachment } from './selectors.ts'

export const checkWasmPlugin = ({ spec }: Config): Outcome =>
  all(checkAttachment(spec), checkModule(spec, 255), error(checkMatch(children(spec, 'match'))))

export const checkTrafficExtension = ({ spec }: Config): Outcome => {
  const lua = child(spec, 'lua')
  const wasm = child(spec, 'wasm')
  return all(
    error(Boolean(lua) === Boolean(wasm) ? 'exactly one of wasm or lua must be set' : undefined),
    checkAttachment(spec),
    error(lua && checkLua(text(lua, 'inlineCode'))),
    wasm ? checkModule(wasm, 256) : fine,
    error(checkMatch(children(spec, 'match'))),
  )
}

const checkLua = (code: string): GoError => {
  if (code === '') return 'lua.inlineCode cannot be empty'
  return Buffer.byteLength(code) > 65536 ? 'lua.inlineCode exceeds maximum size of 64KB' : undefined
}

/** `nameLimit` is what the message says; both allow 256. */
const checkModule = (module: Message, nameLimit: number): Outcome => {
  const secret = text(module, 'imagePullSecret').length
  const name = text(module, 'pluginName').length
  return all(
    error(checkUrl(text(module, 'url'))),
    error(checkSha(text(module, 'sha256'))),
    error(secret > 253 ? 'imagePullSecret field must be less than 253 characters long' : undefined),
    error(name > 256 ? `pluginName field must be less than ${nameLimit} characters long` : undefined),
    error(checkVm(child(module, 'vmConfig'))),
  )
}

const SCHEMES = ['', 'file', 'http', 'https', 'oci']

/** What Go's net/url takes behind `http://`. */
const HOST_AND_PATH = /^([^/?#@\s]*@)?(\[[0-9a-fA-F:.]+\]|[\w\-.~!$&'()*+,;=<>"]*)(:\d*)?([/?#][^\s]*)?$/

/** An URL, or a host and path without a scheme. */
const checkUrl = (url: string): GoError => {
  if (url === '') return 'url field needs to be set'
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(url)?.[1]?.toLowerCase()
  if (scheme === undefined) {
    return url.startsWith('/') || HOST_AND_PATH.test(url)
      ? undefined
      : `failed to parse url: parse ${q(url)}: invalid URI for request`
  }
  return SCHEMES.includes(scheme) ? undefined : `url contains unsupported scheme: ${scheme}`
}

const checkSha = (sha: string): GoError => {
  if (sha === '') return undefined
  if (sha.length !== 64) return 'sha256 field must be 64 characters long'
  return /^[a-f0-9]+$/.test(sha) ? undefined : 'sha256 field must match [a-f0-9]{64} pattern'
}

const checkVm = (vm: Message | undefined): GoError => {
  const seen = new Set<string>()
  for (const variable of children(vm, 'env')) {
    const name = text(variable, 'name')
    if (name === '') return 'spec.vmConfig.env invalid'
    if (name.length > 256) return 'env.name field must be less than 255 characters long'
    if (seen.has(name)) return 'duplicate env'
    seen.add(name)
    if (text(variable, 'valueFrom') === 'HOST' && has(variable, 'value') && text(variable, 'value') !== '') {
      return 'value may only be set when valueFrom is INLINE'
    }
  }
  return undefined
}

const checkMatch = (selectors: readonly Message[]): GoError => {
  for (const [i, selector] of selectors.entries()) {
    for (const [j, port] of children(selector, 'ports').entries()) {
      const number = count(port, 'number')
      if (number <= 0 || number > 65535) {
        return `spec.Match[${i}].Ports[${j}] is out of range: ${number}`
      }
    }
  }
  return undefined
}
