/* @NAME@: a playout policy for Segue, in C.
 *
 * It is shown a view of a session and answers what to do. Results depend only
 * on what it is shown, its parameters and its seed: no clock, no threads, no
 * files, no variables outside of an instance. The header documents everything. */
#include <stdlib.h>
#include <string.h>

#include "segue_policy.h"

/* An answer to a request should have come after so long, or it was lost. */
#define ANSWER_NS 250000000u
/* Most packets in one request. */
#define MOST 64

/* Each parameter with unit, help, range and default. */
static const segue_param params[] = {{
    SEGUE_PARAM_NUMBER, 0, SEGUE_STR("buffer_s"), SEGUE_STR("s"),
    SEGUE_STR("music that must be here before it plays"), 0.0, 10.0, 0.3, {0, 0}, 0,
}};

static const segue_descriptor descriptor = {
    sizeof(segue_descriptor), 1, sizeof(segue_param), 0,
    SEGUE_STR("@NAME@"), SEGUE_STR("0.1.0"),
    SEGUE_STR("plays when enough is here, and asks again for what was lost"), params,
};

/* One instance serves one session. */
typedef struct instance {
    double buffer_s;
    uint64_t last_id; /* every request has an id of its own */
} instance;

static int32_t create(const segue_setup *setup, void **made) {
    instance *self;
    if (setup->value_count != 1) {
        return SEGUE_INVALID;
    }
    self = calloc(1, sizeof *self);
    if (self == NULL) {
        return SEGUE_FULL;
    }
    self->buffer_s = setup->values->number;
    *made = self;
    return SEGUE_OK;
}

static void destroy(void *self) { free(self); }

static int is_here(const segue_view *view, uint32_t packet) {
    return (int)(view->here[packet / 64] >> (packet % 64) & 1);
}

/* Elements may be longer than this header knows: hence the stride. */
static const segue_seeder *seeder_at(const segue_view *view, uint32_t index) {
    const char *base = (const char *)view->seeders;
    return (const segue_seeder *)(const void *)(base + view->seeder_stride * index);
}

/* What was asked for a packet, or NULL. */
static const segue_ask *ask_of(const segue_view *view, uint32_t packet) {
    const char *base = (const char *)view->asks;
    const segue_ask *ask;
    if (view->ask_count == 0) {
        return NULL;
    }
    base += view->ask_stride * (packet & (view->ask_count - 1));
    ask = (const segue_ask *)(const void *)base;
    return ask->packet == packet && ask->times > 0 ? ask : NULL;
}

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* The first packet from `from` on that is not here. */
static uint32_t next_missing(const segue_view *view, uint32_t from) {
    while (from < view->packets && is_here(view, from)) {
        from++;
    }
    return from;
}

/* Everybody who has the track sends it, in order. */
static void stream_from_all(const segue_view *view, const segue_actions *actions) {
    uint32_t i, first = next_missing(view, view->playhead);
    for (i = 0; i < view->seeder_count && first < view->packets; i++) {
        uint32_t flags = seeder_at(view, i)->flags;
        if ((flags & SEGUE_SEEDER_ALIVE) && !(flags & SEGUE_SEEDER_STREAMING)) {
            actions->stream(actions->ctx, i, first, 0.0);
        }
    }
}

/* Asks for packets that the streams have passed by. */
static void ask_for_lost(instance *self, const segue_view *view, const segue_actions *actions) {
    segue_range lost[MOST];
    size_t count = 0;
    uint32_t i, first, end, passed = 0, ended = 0, whom = view->seeder_count;
    for (i = 0; i < view->seeder_count; i++) {
        const segue_seeder *seeder = seeder_at(view, i);
        if ((seeder->flags & SEGUE_SEEDER_ALIVE) && whom == view->seeder_count) {
            whom = i;
        }
        if (seeder->stream_highest != SEGUE_NO_PACKET && seeder->stream_highest > passed) {
            passed = seeder->stream_highest;
        }
        ended += (seeder->flags & SEGUE_SEEDER_STREAM_ENDED) != 0;
    }
    if (whom == view->seeder_count) {
        return; /* nobody to ask */
    }
    if (ended == view->seeder_count) {
        passed = view->packets;
    }
    /* No further than the host keeps books and has room. */
    first = next_missing(view, view->playhead);
    end = least(passed, view->packets);
    if (view->ask_count > 0 && view->ask_count < end - least(first, end)) {
        end = first + view->ask_count;
    }
    if (view->ask_end > 0) {
        end = least(end, view->ask_end);
    }
    for (i = first; i < end && count < MOST; i++) {
        const segue_ask *ask = ask_of(view, i);
        if (!is_here(view, i) && (ask == NULL || view->now_ns >= ask->last_ns + ANSWER_NS)) {
            segue_range one = {0, 1, 1, 0};
            one.first = i;
            lost[count++] = one;
        }
    }
    if (count > 0) {
        static const segue_str line = SEGUE_STR("asking for lost packets");
        actions->request(actions->ctx, ++self->last_id, whom, lost, count, sizeof *lost, 0.0);
        actions->log(actions->ctx, line);
    }
    /* Look again even if nothing happens until then. */
    actions->wake_at(actions->ctx, view->now_ns + ANSWER_NS);
}

/* Whether so much is here in a row, or all that is left. */
static int enough_here(const instance *self, const segue_view *view) {
    uint32_t end = next_missing(view, view->playhead);
    double packet_s = (double)view->samples_per_packet / (double)view->sample_rate;
    return end == view->packets || (end - view->playhead) * packet_s >= self->buffer_s;
}

/* Called when the device wants a frame, while it waits for one on every arrival
 * and wake-up, and whenever packets or seeders came or went. The answer is
 * `hold` until it is set. */
static int32_t decide(void *data, const segue_view *view, const segue_actions *actions,
                      segue_decision *answer) {
    instance *self = data;
    stream_from_all(view, actions);
    ask_for_lost(self, view, actions);
    if (!(view->flags & SEGUE_VIEW_FRAME_DUE) || view->playhead >= view->packets) {
        return SEGUE_OK; /* nobody waits for an answer */
    }
    if (is_here(view, view->playhead) &&
        (view->state == SEGUE_STATE_PLAYING || enough_here(self, view))) {
        answer->kind = SEGUE_DECIDE_PLAY;
    }
    return SEGUE_OK;
}

static const segue_policy_table table = {
    sizeof(segue_policy_table), 0, &descriptor, create, destroy, decide, NULL,
};

static const void *interface_table(segue_str id) {
    static const char known[] = SEGUE_POLICY_INTERFACE;
    return id.len == sizeof known - 1 && memcmp(id.ptr, known, id.len) == 0 ? &table : NULL;
}

const segue_entry *segue_plugin_entry(void) {
    static const segue_entry entry = {
        SEGUE_MAJOR, SEGUE_MINOR, sizeof(segue_entry), 0, interface_table,
    };
    return &entry;
}
