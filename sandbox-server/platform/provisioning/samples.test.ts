import { expect, test } from 'vitest'
import { manifestsOf } from './manifests.ts'
import { sampleVolumes } from './samples.ts'
import { toolboxPod } from './toolbox.ts'

const file = (path: string, text: string) => ({ path, text })

test('spreads samples over as many ConfigMaps as they need, each file with its path', () => {
  const files = [file('a/x.yaml', 'x'.repeat(60)), file('a/y.yaml', 'y'.repeat(60)), file('z.yaml', 'z')]
  const volumes = sampleVolumes(files, 100)
  expect(volumes.map(volume => volume.configMap)).toEqual(['samples-0', 'samples-1'])
  const back = volumes.flatMap(({ data, items }) =>
    items.map(({ key, path }) => file(path.replace('samples/', ''), data[key] ?? '')),
  )
  expect(back).toEqual(files)
  for (const { data } of volumes)
    for (const key of Object.keys(data)) expect(key).toMatch(/^[-._a-zA-Z0-9]+$/)
})

test('the toolbox has no sidecar, and another image makes another pod of it', () => {
  const volumes = sampleVolumes([file('a', 'b')])
  const pod = toolboxPod('learner-x', 'one', volumes)
  expect(pod.metadata.labels).toMatchObject({ 'sidecar.istio.io/inject': 'false' })
  expect(toolboxPod('learner-x', 'two', volumes).metadata.annotations).not.toEqual(pod.metadata.annotations)
})

test('a manifest that is no Kubernetes object is named', () => {
  expect(() => manifestsOf(['bad.yaml'], [file('bad.yaml', 'kind: Pod\n')])).toThrow(/samples\/bad\.yaml/)
  expect(() => manifestsOf(['no.yaml'], [])).toThrow(/no\.yaml/)
  expect(
    manifestsOf(
      ['samples/two.yaml'],
      [
        file(
          'two.yaml',
          'apiVersion: v1\nkind: A\nmetadata: {name: a}\n---\n---\napiVersion: v1\nkind: B\nmetadata: {name: b}\n',
        ),
      ],
    ),
  ).toHaveLength(2)
})
