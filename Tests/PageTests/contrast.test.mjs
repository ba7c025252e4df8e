// The colours of style.css, light and dark: every text colour on every surface has a contrast of at least 4.5
// (WCAG 2.2, success criterion 1.4.3), and no text or surface has a colour that is not among those.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textOf } from './load.mjs';

const css = (await textOf('style.css')).replace(/\/\*[\s\S]*?\*\//g, '');
const texts = ['ink', 'ink-soft', 'accent', 'good', 'bad', 'warn'];
const surfaces = ['paper', 'sheet', 'glow', 'glow-good', 'quiet'];
/** Fills without text in them: seats, bars and lamps. */
const shapes = ['lit', 'unlit', 'line-strong', 'good', 'bad', 'warn'];

function palette(block) {
  const colours = [...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)];
  return Object.fromEntries(colours.map(([, name, colour]) => [name, colour]));
}

const [light, dark] = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, block]) => palette(block));

function luminance(colour) {
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const [red, green, blue] = parts.map(linear);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

test('the measure gives the known values', () => {
  assert.equal(contrast('#000000', '#ffffff'), 21);
  assert.equal(contrast('#777777', '#ffffff').toFixed(2), '4.48');
});

for (const [name, colours] of Object.entries({ light, dark })) {
  test(`every text can be read on every surface, ${name}`, () => {
    for (const text of texts) {
      for (const surface of surfaces) {
        const value = contrast(colours[text], colours[surface]);
        assert.ok(value >= 4.5, `${text} on ${surface}: ${value.toFixed(2)}`);
      }
    }
    const button = contrast(colours['on-accent'], colours.accent);
    assert.ok(button >= 4.5, `on-accent on accent: ${button.toFixed(2)}`);
  });

  test(`fields and buttons can be told from their surroundings, ${name}`, () => {
    for (const surface of ['paper', 'sheet']) {
      const value = contrast(colours['line-strong'], colours[surface]);
      assert.ok(value >= 3, `line-strong on ${surface}: ${value.toFixed(2)}`);
    }
  });
}

test('texts and surfaces have no other colours, and none is faded', () => {
  const rules = css.slice(css.indexOf('*, *::before'));
  const used = (pattern) => [...rules.matchAll(pattern)].map(([, value]) => value.trim());
  for (const value of used(/(?<![\w-])color:\s*([^;]+);/g)) {
    assert.match(value, new RegExp(`^(inherit|var\\(--(${[...texts, 'on-accent'].join('|')})\\))$`));
  }
  const plain = new RegExp(`^(transparent|var\\(--(${[...surfaces, ...shapes, 'accent'].join('|')})\\))$`);
  for (const value of used(/(?<![\w-])background(?:-color)?:\s*([^;]+);/g)) {
    if (value.startsWith('radial-gradient')) assert.match(value, /var\(--glow\), transparent\), var\(--sheet\)$/);
    else assert.match(value, plain);
  }
  const outsideMotion = rules.slice(0, rules.indexOf('@keyframes'));
  const faded = [...outsideMotion.matchAll(/([^{}]+)\{[^}]*opacity:/g)].map(([, name]) => name.trim());
  assert.deepEqual(faded, ['.change']);
});
