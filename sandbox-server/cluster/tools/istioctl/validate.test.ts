import { expect, test } from 'vitest'
import { runCommand } from '../cli/command.ts'
import { istioctl } from './root.ts'

async function validate(source: string) {
  let stderr = ''
  const exitCode = await runCommand(istioctl, ['validate', '-f', '-'], {
    stdout: () => undefined,
    stderr: text => {
      stderr += text
    },
    stdin: () => source,
    readLine: () => undefined,
    stdoutIsTerminal: false,
  })
  return { exitCode, stderr }
}

const service = (spec: string) =>
  `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a, namespace: shop}\nspec: ${spec}\n`

test('accepts what istiod accepts', async () => {
  const good = service('{hosts: [a], http: [{route: [{destination: {host: a}}]}]}')
  expect(await validate(good)).toEqual({ exitCode: 0, stderr: 'validation succeed\n' })
})

test("says each of istiod's errors under the object's name", async () => {
  expect(await validate(service('{hosts: [a, a], http: []}'))).toEqual({
    exitCode: 1,
    stderr:
      'Error: 2 errors occurred:\n\t* VirtualService/shop/a: duplicate hosts in virtual service: a & a\n\t* VirtualService/shop/a: http, tcp or tls must be provided in virtual service\n\n\n',
  })
})

test('finds fields that the kind does not have', async () => {
  const { exitCode, stderr } = await validate(service('{hosts: [a], htttp: []}'))
  expect(exitCode).toBe(1)
  expect(stderr).toContain('unknown field "htttp"')
})

test('accepts with warnings', async () => {
  const route = '{route: [{destination: {host: a}}]}'
  const { exitCode, stderr } = await validate(service(`{hosts: [a], http: [${route}, ${route}]}`))
  expect(exitCode).toBe(0)
  expect(stderr).toContain('* VirtualService/shop/a: virtualService rule #1 not used')
})

test('names Services whose ports do not say their protocol', async () => {
  const { stderr } = await validate(
    'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{name: foo, port: 80}]}\n',
  )
  expect(stderr).toContain('service "a//:" port "foo" does not follow the Istio naming convention.')
})
