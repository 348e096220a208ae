/** Signs that not every computer has in its fonts. */
const PATHS = {
  hand: 'M8 12V5.5a1.5 1.5 0 0 1 3 0V11m0-6.5a1.5 1.5 0 0 1 3 0V11m0-4.5a1.5 1.5 0 0 1 3 0V14c0 4-2.2 7-6 7-3 0-4.500-1.500-6-4.500l-1.700-3.300a1.400 1.400 0 0 1 2.400-1.400L8 14',
  eye: 'M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12ZM12 9.200a2.800 2.800 0 1 0 0 5.600 2.800 2.800 0 0 0 0-5.600Z',
} as const

const SVG = 'http://www.w3.org/2000/svg'

export function icon(name: keyof typeof PATHS): SVGElement {
  const made = document.createElementNS(SVG, 'svg')
  made.setAttribute('viewBox', '0 0 24 24')
  made.setAttribute('aria-hidden', 'true')
  made.setAttribute('class', 'sign')
  const path = document.createElementNS(SVG, 'path')
  path.setAttribute('d', PATHS[name])
  made.append(path)
  return made
}
