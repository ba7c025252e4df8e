// <seat-count event="123">: a live count on any page (docs/guides/LIVE_COUNT.md). web_assets.c makes this file of the
// client and the element. Nothing books here, so there is no loadExtra().
(() => {
'use strict';

const HERE = document.currentScript?.src ?? '';
const loadMore = async () => ({ openStreams });

