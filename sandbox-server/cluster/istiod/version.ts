/** The Istio this cluster presents: one version for images, `istioctl version`, labels and the proxies' node metadata. */

export const ISTIO_VERSION = '1.32.0'

/** Where injected and installed images come from. */
export const ISTIO_HUB = 'docker.io/istio'

export const PROXY_IMAGE = `${ISTIO_HUB}/proxyv2:${ISTIO_VERSION}`

export const PILOT_IMAGE = `${ISTIO_HUB}/pilot:${ISTIO_VERSION}`

/** The control plane's revision; pods and namespaces choose it by `istio.io/rev: default`. */
export const REVISION = 'default'
