/// <reference types="vitest/config" />
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const server = process.env['MOODMIRROR_DEV_SERVER'] ?? 'http://127.0.0.1:8760';

export default defineConfig({
  base: './',
  plugins: [svelte()],
  build: {
    outDir: '../src/moodmirror/server/static',
    emptyOutDir: true,
    target: 'es2022',
    // The page's Content-Security-Policy allows no data: address, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    // changeOrigin rewrites Host; the Origin header is rewritten too, since the server accepts its own only.
    proxy: { '/api': { target: server, ws: true, changeOrigin: true, headers: { origin: server } } },
  },
  test: { include: ['src/**/*.test.ts'], isolate: false },
});
