"use strict";
// Shows api/v1/status, again every 2 s. All text of members goes through textContent: it never becomes markup.
(() => {
	const POLL = 2000; // ms
	const KEEP = 90; // points of a chart: 3 minutes
	const RECENT = 15; // points that loss is measured over: 30 s
	const ENOUGH = 20; // frames, for less say little
	const OPEN = 40; // members up to which all rooms are shown open
	const NAMED = 6; // bad ones that are named at the top
	const BAD = { rtt: 150, jitter: 30, loss: 5 };
	const FAIR = { rtt: 80, jitter: 10, loss: 1 };

	const byId = (id) => document.getElementById(id);
	const past = new Map(); // of members, by room and number
	const totals = { rate: [], members: [], drops: [] };
	const rooms = new Map(); // what is shown of them
	let before = null; // the last answer, and when it came

	// ---- elements

	function element(name, className, text) {
		const e = document.createElement(name);
		if (className) e.className = className;
		if (text !== undefined) e.textContent = text;
		return e;
	}
	function say(e, text) {
		if (e.textContent !== text) e.textContent = text;
	}
	function mark(e, className) {
		if (e.className !== className) e.className = className;
	}
	function shape(name) {
		return document.createElementNS("http://www.w3.org/2000/svg", name);
	}
	function chart() {
		const svg = shape("svg");
		svg.setAttribute("class", "chart");
		svg.setAttribute("viewBox", `0 0 ${KEEP} 20`);
		svg.setAttribute("preserveAspectRatio", "none");
		svg.setAttribute("aria-hidden", "true");
		svg.append(shape("polygon"), shape("polyline"));
		return svg;
	}
	function draw(svg, values, least) {
		const highest = Math.max(least, ...values);
		const first = KEEP - values.length;
		const points = values.map((v, i) => `${first + i},${(19 - 18 * v / highest).toFixed(1)}`);
		if (points.length === 1) points.unshift(`${first - 1},${points[0].split(",")[1]}`);
		svg.lastChild.setAttribute("points", points.join(" "));
		svg.firstChild.setAttribute("points", `${points.join(" ")} ${KEEP - 1},20 ${first},20`);
	}
	function add(list, value) {
		list.push(value);
		if (list.length > KEEP) list.shift();
	}

	// ---- words

	function count(n, one, many) {
		return `${n} ${n === 1 ? one : many}`;
	}
	function rate(bytes) {
		if (bytes < 100) return "0 kB/s";
		if (bytes < 1e6) return `${(bytes / 1e3).toFixed(bytes < 1e4 ? 1 : 0)} kB/s`;
		return `${(bytes / 1e6).toFixed(1)} MB/s`;
	}
	function ms(value) {
		return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
	}
	function percent(value) {
		return `${value.toFixed(value > 0 && value < 10 ? 1 : 0)} %`;
	}
	function age(seconds) {
		const minutes = Math.floor(seconds / 60);
		if (minutes < 1) return `${Math.floor(seconds)} s`;
		if (minutes < 60) return `${minutes} min`;
		if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
		return `${Math.floor(minutes / 1440)} days`;
	}
	const reasons = (drops) => Object.entries(drops).sort((a, b) => b[1] - a[1]);
	const called = (m) => m.name || `number ${m.peer}`;

	// ---- the quality of a member's path

	function remember(room, m) {
		const key = `${room}/${m.peer}`;
		let p = past.get(key);
		if (!p || m.seconds + 1 < p.seconds) past.set(key, p = { rtt: [], reached: [], lost: [] });
		p.seconds = m.seconds;
		p.seen = true;
		if (m.rtt_ms === undefined) return p;
		// Both are counted again from 0 after a new connection.
		if (m.reached + m.lost < p.reached.at(-1) + p.lost.at(-1)) p.reached = [], p.lost = [];
		add(p.rtt, m.rtt_ms);
		add(p.reached, m.reached);
		add(p.lost, m.lost);
		return p;
	}
	function lossOf(m, p) {
		const i = Math.max(0, p.lost.length - 1 - RECENT);
		const lost = m.lost - p.lost[i], all = lost + m.reached - p.reached[i];
		return all >= ENOUGH ? 100 * lost / all : m.loss_percent;
	}
	function judge(room, m) {
		const p = remember(room, m);
		if (m.silent) return { word: "silent", quality: "fair", loss: 0, past: p, why: ["sends nothing: gone, or asleep"] };
		if (m.cut_off) return { word: "cut off", quality: "bad", loss: 0, past: p, why: ["cut off: its network loops back into the room"] };
		if (m.rtt_ms === undefined) return { word: "new", quality: "", loss: 0, past: p, why: [] };
		const loss = lossOf(m, p);
		const values = { rtt: m.rtt_ms, jitter: m.jitter_ms, loss };
		const over = (limits) => Object.keys(limits).filter((key) => values[key] >= limits[key]);
		const quality = over(BAD).length ? "bad" : over(FAIR).length ? "fair" : "good";
		const words = { rtt: `round trip ${ms(m.rtt_ms)}`, jitter: `jitter ${ms(m.jitter_ms)}`, loss: `loss ${percent(loss)}` };
		return { word: quality, quality, loss, past: p, why: over(quality === "bad" ? BAD : FAIR).map((key) => words[key]) };
	}
	const level = (key, value) => value >= BAD[key] ? "high" : value >= FAIR[key] ? "raised" : "";

	// ---- rooms and members

	const COLUMNS = ["Member", "Round trip", "Jitter", "Loss", "Sends", "Gets", "Here for"];
	function newRow() {
		const row = { tr: element("tr"), cells: COLUMNS.map((label) => {
			const td = element("td");
			td.dataset.label = label;
			return td;
		}) };
		row.tr.append(...row.cells);
		row.name = element("bdi", "name");
		row.word = element("span", "word");
		row.note = element("div", "note");
		row.cells[0].append(element("span", "dot"), row.name, row.word, row.note);
		row.chart = chart();
		row.trip = element("span");
		row.cells[1].className = "trip";
		row.cells[1].append(row.chart, row.trip);
		return row;
	}
	function notes(m) {
		const parts = [m.role === "gateway" ? "gateway to the LAN" : "", m.host_key ? "host" : "", m.carrier === "tcp" ? "over TCP" : "", m.address || ""];
		const drops = reasons(m.from_member.drops).concat(reasons(m.to_member.drops));
		if (drops.length) parts.push("dropped: " + drops.slice(0, 3).map(([reason, n]) => `${reason.replaceAll("_", " ")} ${n}`).join(", "));
		return parts.filter(Boolean).join(" · ");
	}
	function showMember(row, m, judged) {
		const measured = m.rtt_ms !== undefined;
		mark(row.tr, judged.quality);
		say(row.name, called(m));
		say(row.word, judged.word);
		say(row.note, notes(m));
		say(row.trip, measured ? ms(m.rtt_ms) : "–");
		say(row.cells[2], measured ? ms(m.jitter_ms) : "–");
		say(row.cells[3], measured ? percent(judged.loss) : "–");
		mark(row.trip, measured ? level("rtt", m.rtt_ms) : "");
		mark(row.cells[2], measured ? level("jitter", m.jitter_ms) : "");
		mark(row.cells[3], measured ? level("loss", judged.loss) : "");
		say(row.cells[4], rate(m.from_member.bytes_per_second));
		say(row.cells[5], rate(m.to_member.bytes_per_second));
		say(row.cells[6], age(m.seconds));
		draw(row.chart, judged.past.rtt, BAD.rtt);
	}
	function newRoom(id, open) {
		const box = element("details", "room");
		box.open = open;
		box.id = `room-${id}`;
		const summary = element("summary");
		const shown = { box, chips: element("span"), rate: element("span", "rate"), rows: new Map(), said: "" };
		summary.append(element("h2", "", `Room ${id}`), shown.chips, shown.rate);
		const table = element("table"), head = element("tr");
		head.append(...COLUMNS.map((label) => element("th", "", label)));
		table.append(element("thead"), shown.body = element("tbody"));
		table.tHead.append(head);
		box.append(summary, table);
		box.addEventListener("toggle", () => before && showRoom(shown, shown.room, shown.judged));
		return shown;
	}
	function chipsOf(room, judged) {
		const bad = judged.filter((j) => j.quality === "bad").length;
		const chips = [["", count(room.member_count, "member", "members")]];
		if (bad) chips.push(["bad", `${bad} bad`]);
		chips.push(room.gateway ? ["good", "LAN connected"] : ["fair", "no LAN: the gateway is missing"]);
		if (room.locked) chips.push(["", "locked"]);
		if (room.isolated) chips.push(["", "members isolated"]);
		return chips;
	}
	function showRoom(shown, room, judged) {
		shown.room = room;
		shown.judged = judged;
		const chips = chipsOf(room, judged);
		if (JSON.stringify(chips) !== shown.said) {
			shown.said = JSON.stringify(chips);
			shown.chips.replaceChildren(...chips.flatMap(([c, text]) => [element("span", `chip ${c}`, text), " "]));
		}
		say(shown.rate, rate(room.bytes_per_second));
		if (!shown.box.open) return;
		const here = new Set();
		room.members.forEach((m, i) => {
			let row = shown.rows.get(m.peer);
			if (!row) shown.rows.set(m.peer, row = newRow());
			here.add(m.peer);
			showMember(row, m, judged[i]);
			if (shown.body.children[i] !== row.tr) shown.body.insertBefore(row.tr, shown.body.children[i] || null);
		});
		for (const [peer, row] of shown.rows) {
			if (here.has(peer)) continue;
			row.tr.remove();
			shown.rows.delete(peer);
		}
	}
	function showRooms(status, judgements) {
		const here = new Set(), parent = byId("rooms");
		status.rooms.forEach((room, i) => {
			let shown = rooms.get(room.room);
			if (!shown) rooms.set(room.room, shown = newRoom(room.room, status.member_count <= OPEN));
			here.add(room.room);
			showRoom(shown, room, judgements[i]);
			if (parent.children[i] !== shown.box) parent.insertBefore(shown.box, parent.children[i] || null);
		});
		for (const [id, shown] of rooms) {
			if (here.has(id)) continue;
			shown.box.remove();
			rooms.delete(id);
		}
	}

	// ---- the top

	function sentence(status, bad) {
		if (!status.member_count) return "Nobody is here. The relay runs and waits for members.";
		const all = `${count(status.member_count, "member", "members")} in ${count(status.room_count, "room", "rooms")}.`;
		const who = status.left_out ? `${all} Too many to show: ${status.left_out} left out.` : all;
		if (!bad.length) return `${who} No connection is bad.`;
		return `${who} ${count(bad.length, "connection is", "connections are")} bad:`;
	}
	function showVerdict(status, judgements) {
		const bad = [];
		status.rooms.forEach((room, i) => room.members.forEach((m, k) => {
			if (judgements[i][k].quality === "bad") bad.push([room, m, judgements[i][k]]);
		}));
		bad.sort((a, b) => b[2].loss - a[2].loss || (b[1].rtt_ms || 0) - (a[1].rtt_ms || 0));
		const list = element("ul");
		for (const [room, m, judged] of bad.slice(0, NAMED)) {
			const li = element("li"), link = element("a");
			link.href = `#room-${room.room}`;
			link.append(element("bdi", "name", called(m)));
			link.addEventListener("click", () => { rooms.get(room.room).box.open = true; });
			li.append(link, ` in room ${room.room}: ${judged.why.join(", ")}`);
			list.append(li);
		}
		if (bad.length > NAMED) list.append(element("li", "", `and ${bad.length - NAMED} more`));
		const text = sentence(status, bad), key = text + list.textContent, box = byId("verdict");
		mark(box, `verdict ${bad.length ? "bad" : status.member_count ? "good" : ""}`);
		if (box.dataset.key === key) return;
		box.dataset.key = key;
		box.replaceChildren(element("p", "", text), ...(bad.length ? [list] : []));
	}
	function tile(label, values, least) {
		const box = element("div", "tile"), value = element("div", "value"), svg = chart();
		box.append(element("div", "label", label), value, svg);
		byId("tiles").append(box);
		return (text) => { say(value, text); draw(svg, values, least); };
	}
	let tiles = null;
	function showTiles(status, seconds) {
		const drops = Object.values(status.drops).concat(Object.values(status.copy_drops)).reduce((a, b) => a + b, 0);
		const since = (now, then) => before && seconds > 0 ? Math.max(0, (now - then) / seconds) : 0;
		const bytes = since(status.bytes, before && before.status.bytes);
		const dropped = since(drops, before && before.drops);
		tiles = tiles || {
			members: tile("Members", totals.members, 4),
			rate: tile("From members", totals.rate, 1e4),
			drops: tile("Dropped frames", totals.drops, 10),
			joins: tile("Joined since start", totals.joins = [], 1),
		};
		add(totals.members, status.member_count);
		add(totals.rate, bytes);
		add(totals.drops, dropped);
		add(totals.joins, status.joins);
		tiles.members(`${status.member_count}`);
		tiles.rate(rate(bytes));
		tiles.drops(`${dropped < 10 ? dropped.toFixed(1) : dropped.toFixed(0)}/s`);
		tiles.joins(status.rejects ? `${status.joins} (${status.rejects} refused)` : `${status.joins}`);
		return drops;
	}
	function showDrops(status) {
		const box = byId("drops"), all = new Map();
		for (const drops of [status.drops, status.copy_drops])
			for (const [reason, n] of Object.entries(drops)) all.set(reason, (all.get(reason) || 0) + n);
		box.hidden = all.size === 0;
		const key = JSON.stringify([...all]);
		if (box.dataset.key === key) return;
		box.dataset.key = key;
		const list = element("ul");
		for (const [reason, n] of reasons(Object.fromEntries(all))) {
			const li = element("li", "", `${reason.replaceAll("_", " ")} `);
			li.append(element("b", "", `${n}`));
			list.append(li);
		}
		box.replaceChildren(element("h2", "", "Dropped frames since start, by reason"), list);
	}
	function show(status) {
		const now = performance.now();
		for (const p of past.values()) p.seen = false;
		const judgements = status.rooms.map((room) => room.members.map((m) => judge(room.room, m)));
		for (const [key, p] of past) if (!p.seen) past.delete(key);
		say(byId("version"), status.version);
		const drops = showTiles(status, before ? (now - before.now) / 1000 : 0);
		before = { status, now, drops };
		showVerdict(status, judgements);
		showRooms(status, judgements);
		showDrops(status);
	}

	// ---- asking

	function state(text, className) {
		say(byId("state"), text);
		mark(byId("state"), `pill ${className}`);
		document.body.classList.toggle("stale", className === "bad");
	}
	function sayTrouble(error) {
		const box = byId("verdict"), since = before ? ` What is shown is ${age((performance.now() - before.now) / 1000)} old.` : "";
		state("No answer", "bad");
		mark(box, "verdict bad");
		box.dataset.key = "";
		box.replaceChildren(element("p", "", `No answer.${since}`),
			element("div", "", `${error.message || "The relay does not answer"}. See whether it runs: systemctl status lanparty-relay`));
	}
	let asking = false;
	async function ask() {
		if (asking) return;
		asking = true;
		try {
			const response = await fetch("api/v1/status", { cache: "no-store", signal: AbortSignal.timeout(10000) });
			if (!response.ok) throw new Error((await response.text()).trim());
			show(await response.json());
			state("Live", "good");
		} catch (error) {
			sayTrouble(error);
		}
		asking = false;
	}
	async function run() {
		if (!document.hidden) await ask();
		setTimeout(run, POLL);
	}
	document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
	run();
})();
