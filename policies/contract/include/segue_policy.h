/*
 * segue_policy.h: the plugin contract of Segue, version 1.1, in C.
 *
 * It says the same as the Rust crate segue-policy (module abi); a test keeps
 * the two in step. C99; nothing but the standard headers is needed.
 *
 * What crosses the boundary between host and plugin:
 * Only integers, floats and pointer + length cross. Every table begins with
 * its size in bytes as the side that made it knows it, so tables can grow at
 * their end; arrays come with a stride, so their elements can grow too: step
 * by the stride, never by sizeof. Nothing here changes its meaning within a
 * major version.
 *
 * How a host loads a plugin:
 * 1. it looks up the symbol SEGUE_ENTRY_SYMBOL, a function of type
 *    segue_entry_fn;
 * 2. calls it once, and checks the segue_entry: not null, major version, size;
 * 3. asks segue_entry.interface for SEGUE_POLICY_INTERFACE or
 *    SEGUE_NETWORK_INTERFACE; the answer is a segue_policy_table or a
 *    segue_network_table, valid as long as the library is loaded;
 * 4. checks size, function pointers and descriptor; then calls create.
 *
 * Threads: one instance is used by one thread at a time, not always the same
 * one; different instances may be used at the same time.
 *
 * Results must depend only on inputs, parameters and seed: no clock, no
 * threads, no I/O, no addresses. No exception may leave a function.
 */
#ifndef SEGUE_POLICY_H
#define SEGUE_POLICY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Put before the definition of segue_plugin_entry. */
#if defined(_WIN32)
#define SEGUE_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define SEGUE_EXPORT __attribute__((visibility("default")))
#else
#define SEGUE_EXPORT
#endif

/* ---- Entry, text, parameters: what policies and network models share ---- */

/* Name of the one symbol that a plugin exports. */
#define SEGUE_ENTRY_SYMBOL "segue_plugin_entry"

/* Major version of the contract. Another major version is refused. */
#define SEGUE_MAJOR 1u
/* Minor version: grows when something is added. A host accepts any; a plugin
 * may need tables as long as those of its own minor version. */
#define SEGUE_MINOR 1u

/* Interface id of a playout policy; the table is a segue_policy_table. */
#define SEGUE_POLICY_INTERFACE "segue.policy/1"
/* Interface id of a network model; the table is a segue_network_table. */
#define SEGUE_NETWORK_INTERFACE "segue.network/1"

/* Everything went well. */
#define SEGUE_OK 0
/* The callee cannot do this at all, not even later; nothing happened. */
#define SEGUE_UNSUPPORTED 1
/* An argument was out of range; nothing happened. */
#define SEGUE_INVALID 2
/* A limit was reached; nothing happened, later it may work. */
#define SEGUE_FULL 3
/* The plugin panicked, or failed in a way that it cannot go on from. The
 * instance may only be destroyed from now on. */
#define SEGUE_PANICKED 4

/* UTF-8 text, not NUL-terminated. Whoever made it keeps ownership. */
typedef struct segue_str {
    /* First byte; may be null if len is 0. */
    const uint8_t *ptr;
    /* Length in bytes. */
    size_t len;
} segue_str;

/* A segue_str of a string literal, to initialise static tables with. */
#define SEGUE_STR(literal) { (const uint8_t *)(literal), sizeof(literal) - 1 }

/* What the entry function answers. Static in the plugin. */
typedef struct segue_entry {
    /* SEGUE_MAJOR of the contract that the plugin was built for. */
    uint32_t major;
    /* SEGUE_MINOR of that contract; a host accepts any. */
    uint32_t minor;
    /* sizeof(segue_entry) in bytes as the plugin knows it. */
    uint32_t size;
    /* 0. */
    uint32_t reserved;
    /* Answers the plugin's table for an interface id, or null if it has none.
     * The host calls it from any thread, any number of times; the id is
     * readable during the call, the table as long as the library is loaded. */
    const void *(*interface_table)(segue_str id);
} segue_entry;

/* Type of the function behind SEGUE_ENTRY_SYMBOL. It may be called any number
 * of times, from any thread, and always answers the same pointer. */
typedef const segue_entry *(*segue_entry_fn)(void);

/* A real number from min to max, both included. */
#define SEGUE_PARAM_NUMBER 0u
/* A whole number from min to max, both included; at most 2^53. */
#define SEGUE_PARAM_INTEGER 1u
/* 0 or 1. */
#define SEGUE_PARAM_FLAG 2u
/* One of several names: an index into choices, from 0. */
#define SEGUE_PARAM_CHOICE 3u
/* Text of one line, at most 400 bytes as a default. */
#define SEGUE_PARAM_TEXT 4u
/* The contents of a file that the user names; the host reads it. */
#define SEGUE_PARAM_FILE 5u

/* One parameter, described so that command line and sliders can be made from
 * it. Static in the plugin. */
typedef struct segue_param {
    /* One of the SEGUE_PARAM_ constants. */
    uint32_t kind;
    /* Number of choices of a SEGUE_PARAM_CHOICE, 1 to 256; else 0. */
    uint32_t choice_count;
    /* Lower-case letters, digits and underscores; at most 40 bytes; unique in
     * the plugin. What the user types. */
    segue_str name;
    /* Unit, e.g. s or packets/s, of min, max and values; empty for a pure
     * number; at most 40 bytes. */
    segue_str unit;
    /* One line of help; at most 400 bytes. */
    segue_str help;
    /* Least value, in unit, finite; ignored for flag, choice, text and file. */
    double min;
    /* Greatest value, in unit, finite; ignored like min. */
    double max;
    /* Value when the user gives none, from min to max; 0 or 1 for a flag, an
     * index for a choice; ignored for text and file. */
    double default_value;
    /* Text when the user gives none; ignored for all other kinds. */
    segue_str default_text;
    /* Names of the choices: choice_count elements, at most 40 bytes each; null
     * for all other kinds. */
    const segue_str *choices;
} segue_param;

/* What a plugin says of itself. Static in the plugin. */
typedef struct segue_descriptor {
    /* sizeof(segue_descriptor) in bytes as the plugin knows it. */
    uint32_t size;
    /* Number of parameters, 0 to 256. */
    uint32_t param_count;
    /* sizeof(segue_param) as the plugin knows it. */
    uint32_t param_stride;
    /* 0. */
    uint32_t reserved;
    /* Lower-case letters, digits and hyphens; at most 40 bytes; unique. */
    segue_str name;
    /* Semantic version of the plugin, like 1.0.0; at most 40 bytes. */
    segue_str version;
    /* One line of what it does; at most 400 bytes. */
    segue_str summary;
    /* param_count elements, param_stride bytes apart; null if none. */
    const segue_param *params;
} segue_descriptor;

/* A parameter's value, in the order of the descriptor. The host has checked
 * kind and range. Borrowed by the plugin for the duration of create. */
typedef struct segue_value {
    /* Number or integer in the parameter's unit, flag (0 or 1), or index of the
     * choice; 0 for text and file. */
    double number;
    /* Text, or a file's contents (then any bytes); empty for all other kinds.
     * Readable during create only: copy what is needed later. */
    segue_str text;
} segue_value;

/* What create is given. Borrowed for the duration of the call. */
typedef struct segue_setup {
    /* sizeof(segue_setup) in bytes as the host knows it. */
    uint32_t size;
    /* Number of values: param_count of the descriptor. */
    uint32_t value_count;
    /* Bytes from one value to the next. */
    size_t value_stride;
    /* The values: value_count elements, value_stride bytes apart, in the order
     * of the descriptor's parameters. */
    const segue_value *values;
    /* Source of everything random: the same seed, the same behaviour. Any
     * number, also 0. */
    uint64_t seed;
    /* The host's own: the first argument of explain. */
    void *ctx;
    /* Says in one line, for the user, why create is about to fail: what is
     * wrong with the values, and how to mend it. Only callable during create,
     * with ctx as first argument; the last call counts. */
    int32_t (*explain)(void *ctx, segue_str line);
} segue_setup;

/* Makes an instance; the host calls it from any thread. On SEGUE_OK, *instance
 * is the new instance, owned by the host until it calls destroy. On any other
 * status nothing is left behind and *instance is not touched; SEGUE_INVALID
 * refuses the values, and segue_setup.explain is there to say why. */
typedef int32_t (*segue_create_fn)(const segue_setup *setup, void **instance);

/* Ends an instance and frees all that it owns; called once for each, by the
 * host, and nothing else with that instance after it. */
typedef void (*segue_destroy_fn)(void *instance);

/* Answers a table for an extension id, or null. Reserved: no extension is
 * defined yet, and a host may leave it uncalled. */
typedef const void *(*segue_extension_fn)(void *instance, segue_str id);

/* ---- Playout policies: segue.policy/1 ---- */

/* The device wants a frame now; only then does the decision count. */
#define SEGUE_VIEW_FRAME_DUE 1u
/* The output keeps time (a device). Without it, it takes frames as fast as they
 * come (a file). */
#define SEGUE_VIEW_PACED 2u

/* Nothing has been played yet. */
#define SEGUE_STATE_STARTING 0u
/* The last answer to a device that asked was to play. */
#define SEGUE_STATE_PLAYING 1u
/* The last answer was to hold. */
#define SEGUE_STATE_HOLDING 2u

/* The seeder answers (heard of lately). */
#define SEGUE_SEEDER_ALIVE 1u
/* A stream was asked of it and has not been given up. */
#define SEGUE_SEEDER_STREAMING 2u
/* Its stream ended, and what was on the way must have come. */
#define SEGUE_SEEDER_STREAM_ENDED 4u
/* It streams in random order. */
#define SEGUE_SEEDER_RANDOM 8u

/* stream_highest before the first packet of a stream. */
#define SEGUE_NO_PACKET UINT32_MAX

/* One seeder, as measured in this session. */
typedef struct segue_seeder {
    /* Sum of SEGUE_SEEDER_ bits; unknown ones are to be ignored. */
    uint32_t flags;
    /* Highest packet number that came by stream, or SEGUE_NO_PACKET. */
    uint32_t stream_highest;
    /* Smoothed round-trip time (RFC 6298) in nanoseconds; 0 before the first
     * sample. */
    uint64_t rtt_ns;
    /* Mean deviation of the round-trip time (RFC 6298) in nanoseconds. */
    uint64_t rtt_var_ns;
    /* Share of its media packets lost lately, 0 to 1: a moving average, a
     * quarter of which is the last round trip or so. */
    double loss;
    /* Packets per second that came from it lately: a moving average, half of
     * which is the last round trip or so. What it sent, not what it could. */
    double delivery_rate;
    /* When anything was last heard of it, in nanoseconds. */
    uint64_t last_heard_ns;
    /* When it joined the session, in nanoseconds. */
    uint64_t joined_ns;
    /* Packets asked of it by request that neither came nor were given up. */
    uint32_t outstanding;
    /* 0. */
    uint32_t reserved;
    /* Bitmap of the packets it has, like segue_view.here; null: all. */
    const uint64_t *has;
    /* Words in has. */
    size_t has_words;
} segue_seeder;

/* What was asked for one packet. A packet never asked for has times 0. */
typedef struct segue_ask {
    /* Which packet this is about. */
    uint32_t packet;
    /* How often it was asked for by request; 0: never. */
    uint32_t times;
    /* When it was last asked for, in nanoseconds. */
    uint64_t last_ns;
    /* Index of the seeder that was asked last. */
    uint32_t seeder;
    /* 0. */
    uint32_t reserved;
    /* Id of the request that asked for it last. */
    uint64_t id;
} segue_ask;

/* The packet was here already. */
#define SEGUE_ARRIVAL_DUPLICATE 1u
/* Its moment was over. */
#define SEGUE_ARRIVAL_LATE 2u
/* It came by stream (else by request). */
#define SEGUE_ARRIVAL_STREAM 4u

/* One media packet that came. */
typedef struct segue_arrival {
    /* Number of the packet. */
    uint32_t packet;
    /* Index of the seeder that sent it. */
    uint32_t seeder;
    /* When it came, in nanoseconds. */
    uint64_t at_ns;
    /* Sum of SEGUE_ARRIVAL_ bits; unknown ones are to be ignored. */
    uint32_t flags;
    /* 0. */
    uint32_t reserved;
} segue_arrival;

/* What a policy sees. All pointers are valid during the call only. */
typedef struct segue_view {
    /* sizeof(segue_view) in bytes as the host knows it. */
    uint32_t size;
    /* Sum of SEGUE_VIEW_ bits; unknown ones are to be ignored. */
    uint32_t flags;
    /* Now, in nanoseconds since the session began; never less than in an
     * earlier call. All other times count from the same moment. */
    uint64_t now_ns;
    /* When the device will next want a frame, in nanoseconds, as far as known;
     * now_ns if it waits for one. */
    uint64_t next_due_ns;
    /* Since when state holds, in nanoseconds. */
    uint64_t state_since_ns;
    /* One of the SEGUE_STATE_ constants. */
    uint32_t state;
    /* Number of the next packet to be played: all before it are played or left
     * out. Equal to packets at the end. */
    uint32_t playhead;
    /* Packets in the track, numbered from 0. */
    uint32_t packets;
    /* How many packets are here, played ones included; 0 to packets. */
    uint32_t here_count;
    /* Samples per packet; over sample_rate the exact duration of a packet in
     * seconds. */
    uint32_t samples_per_packet;
    /* Samples per second, at least 1. */
    uint32_t sample_rate;
    /* here_words words: bit n % 64 of word n / 64 is set when packet n is
     * here. */
    const uint64_t *here;
    /* Words in here: enough for packets bits; spare bits are 0. */
    size_t here_words;
    /* Seeders of the session, seeder_count of them, seeder_stride bytes apart;
     * they keep their index, also when dead. Of 64 the one dead for longest
     * leaves its place to a new one: joined_ns tells. */
    const segue_seeder *seeders;
    /* Bytes from one seeder to the next. */
    size_t seeder_stride;
    /* Ring of asks: packet n is at asks[n % ask_count], if the packet there is
     * n. Covers at least ask_count packets from the playhead. */
    const segue_ask *asks;
    /* Bytes from one ask to the next. */
    size_t ask_stride;
    /* Packets that arrived since the last call, in order of arrival:
     * arrival_count of them, arrival_stride bytes apart. */
    const segue_arrival *arrivals;
    /* Bytes from one arrival to the next. */
    size_t arrival_stride;
    /* Number of arrivals. */
    uint32_t arrival_count;
    /* Number of seeders, 0 to 64. */
    uint32_t seeder_count;
    /* Size of the ring of asks; a power of two, or 0. */
    uint32_t ask_count;
    /* Packets from this one on may not be asked for yet: there is no room to
     * keep them. 0: no such bound. */
    uint32_t ask_end;
} segue_view;

/* Stay silent; the policy is asked again on arrivals and wake-ups. */
#define SEGUE_DECIDE_HOLD 0u
/* Play the packet at the playhead; it must be here. */
#define SEGUE_DECIDE_PLAY 1u
/* Leave out everything before packet and play that one, which must be here;
 * packet == packets ends the track. */
#define SEGUE_DECIDE_SKIP_TO 2u
/* Fill the time of the packet at the playhead with concealment. */
#define SEGUE_DECIDE_CONCEAL 3u

/* A policy's answer; the host sets it to hold before the call. */
typedef struct segue_decision {
    /* One of the SEGUE_DECIDE_ constants. */
    uint32_t kind;
    /* For SEGUE_DECIDE_SKIP_TO: from the playhead to packets. Else ignored. */
    uint32_t packet;
} segue_decision;

/* Packets first, first + step, ... (count of them). */
typedef struct segue_range {
    /* First packet. */
    uint32_t first;
    /* How many; at least 1. */
    uint32_t count;
    /* Distance between them; at least 1. */
    uint32_t step;
    /* 0. */
    uint32_t reserved;
} segue_range;

/* What a policy may do besides answering. Owned by the host, valid during
 * decide, each function only callable in it, with ctx as first argument. All
 * answer a status; after anything but SEGUE_OK nothing was done.
 * SEGUE_INVALID is the answer to a seeder, packet or rate that does not
 * exist, SEGUE_FULL to more than 1024 wishes in one decision, to floods of them
 * in a second, or to more packets than may be asked for. */
typedef struct segue_actions {
    /* sizeof(segue_actions) in bytes as the host knows it. */
    uint32_t size;
    /* 0. */
    uint32_t reserved;
    /* The host's own: the first argument of each function. */
    void *ctx;
    /* Asks a seeder to stream the track from packet first on, in its own order,
     * at most rate packets per second (0: as fast as it may). Replaces an
     * earlier stream of that seeder. */
    int32_t (*stream)(void *ctx, uint32_t seeder, uint32_t first, double rate);
    /* Asks a seeder for packets, in this order, at most rate packets per second
     * (0: as fast as it may). id is the policy's own; an id in use is replaced,
     * and of the requests to a seeder those of lower ids are served first. A
     * packet asked for again in a later decision is no longer wanted from
     * before; one decision may ask several seeders for it, or one seeder under
     * several ids for several copies. The ranges (count elements, stride bytes
     * apart) are read during the call only, and must lie below ask_end and
     * within ask_count packets of the first that is missing. */
    int32_t (*request)(void *ctx, uint64_t id, uint32_t seeder, const segue_range *ranges,
                       size_t count, size_t stride, double rate);
    /* Takes back what is still open of a request; an unknown id is no error. */
    int32_t (*cancel)(void *ctx, uint64_t id);
    /* Asks to be called at at_ns (at least a millisecond from now). The
     * earliest wish of one call counts, and replaces the one before; without a
     * wish the one before stands. */
    int32_t (*wake_at)(void *ctx, uint64_t at_ns);
    /* Writes a line to the decision log: why it decided so. It is copied, of
     * the first 400 bytes. */
    int32_t (*log)(void *ctx, segue_str line);
    /* Reserved: plays faster or slower from now on (1.0 is normal). Answers
     * SEGUE_UNSUPPORTED today. */
    int32_t (*playback_rate)(void *ctx, double rate);
    /* Reserved: asks a seeder for symbols repair symbols over the packets of
     * range. Answers SEGUE_UNSUPPORTED today. */
    int32_t (*repair)(void *ctx, uint64_t id, uint32_t seeder, const segue_range *range,
                      uint32_t symbols);
    /* Answers a host table for an extension id, or null. None is defined yet,
     * and the pointer itself may be null. */
    const void *(*extension)(void *ctx, segue_str id);
    /* Says that packets which come need not be shown at once: until the next
     * decision decide is not called for them alone, but sees them together
     * then, or when many have come. To be said in each decision; after one to
     * hold it counts with a wake-up only. A host may call nevertheless. */
    int32_t (*let_arrivals_wait)(void *ctx);
    /* Says that what is here is to be played: until the next decision a packet
     * that is here when its frame is due is played at once, and decide is not
     * called for that frame. To be said in each decision; while it holds it does
     * not count. A host may call nevertheless. */
    int32_t (*let_frames_play)(void *ctx);
} segue_actions;

/* A playout policy. Static in the plugin. */
typedef struct segue_policy_table {
    /* sizeof(segue_policy_table) in bytes as the plugin knows it. */
    uint32_t size;
    /* 0. */
    uint32_t reserved;
    /* Name, version, parameters. */
    const segue_descriptor *descriptor;
    /* Makes an instance: one for each session. */
    segue_create_fn create;
    /* Ends an instance, when its session is over. */
    segue_destroy_fn destroy;
    /* Decides. Called by the host, by one thread at a time: when the device
     * wants a frame (see let_frames_play), while it waits for one on every
     * arrival and wake-up, and whenever packets (see let_arrivals_wait) or
     * seeders came or went. View, actions and answer are borrowed for the call.
     * A status other than SEGUE_OK ends the instance's part in the session; so
     * may standing still for seconds where it could go on, and, live, taking
     * milliseconds again and again. */
    int32_t (*decide)(void *instance, const segue_view *view, const segue_actions *actions,
                      segue_decision *answer);
    /* Optional: extensions of an instance. */
    segue_extension_fn extension;
} segue_policy_table;

/* ---- Network models: segue.network/1 ---- */

/* From a seeder to a listener. */
#define SEGUE_TO_LISTENER 0u
/* From a listener to a seeder. */
#define SEGUE_TO_SEEDER 1u

/* A packet of a track. */
#define SEGUE_TRAFFIC_MEDIA 0u
/* Everything else: requests, reports, catalogs. */
#define SEGUE_TRAFFIC_CONTROL 1u

/* One datagram at the entrance of the network. */
typedef struct segue_datagram {
    /* sizeof(segue_datagram) in bytes as the host knows it. */
    uint32_t size;
    /* Which link: pairs of peers are numbered from 0. */
    uint32_t link;
    /* SEGUE_TO_LISTENER or SEGUE_TO_SEEDER. */
    uint32_t direction;
    /* Size of the UDP payload in bytes. */
    uint32_t bytes;
    /* When it enters, in nanoseconds since the network's start; never before
     * that of an earlier call. */
    uint64_t now_ns;
    /* How many of its traffic entered this link in this direction before it,
     * from 0: the number of its draw. */
    uint64_t index;
    /* SEGUE_TRAFFIC_MEDIA or SEGUE_TRAFFIC_CONTROL: they share weather and
     * queues, but each has its own draws. */
    uint32_t traffic;
    /* 0. */
    uint32_t reserved;
} segue_datagram;

/* Most copies of one datagram that can be delivered. */
#define SEGUE_MAX_COPIES 4u

/* What becomes of it; the host clears it before the call. */
typedef struct segue_fate {
    /* Copies delivered: 0 means lost; at most SEGUE_MAX_COPIES. */
    uint32_t copies;
    /* 0. */
    uint32_t reserved;
    /* Delay of each of the first copies copies from entrance to exit, in
     * nanoseconds. */
    uint64_t delay_ns[SEGUE_MAX_COPIES];
} segue_fate;

/* A network model. Static in the plugin. */
typedef struct segue_network_table {
    /* sizeof(segue_network_table) in bytes as the plugin knows it. */
    uint32_t size;
    /* 0. */
    uint32_t reserved;
    /* Name, version, parameters. */
    const segue_descriptor *descriptor;
    /* Makes an instance: one for all links of a network, so one for each
     * run. */
    segue_create_fn create;
    /* Ends an instance, when the network's run is over. */
    segue_destroy_fn destroy;
    /* Decides what becomes of a datagram. Called by the host for each one, in
     * order of time, by one thread at a time. Both arguments are borrowed for
     * the call. A status other than SEGUE_OK ends the instance's part:
     * datagrams then pass untouched. */
    int32_t (*transit)(void *instance, const segue_datagram *datagram, segue_fate *fate);
    /* Optional: extensions of an instance. */
    segue_extension_fn extension;
} segue_network_table;

/* The one symbol of a plugin: define it with SEGUE_EXPORT. */
SEGUE_EXPORT const segue_entry *segue_plugin_entry(void);

#if UINTPTR_MAX == UINT64_MAX
#if defined(__cplusplus) && __cplusplus >= 201103L
#define SEGUE_SIZE(type, bytes) static_assert(sizeof(type) == (bytes), #type)
#elif !defined(__cplusplus) && defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define SEGUE_SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type)
#endif
#endif
#ifdef SEGUE_SIZE
SEGUE_SIZE(segue_str, 16);
SEGUE_SIZE(segue_entry, 24);
SEGUE_SIZE(segue_param, 104);
SEGUE_SIZE(segue_descriptor, 72);
SEGUE_SIZE(segue_value, 24);
SEGUE_SIZE(segue_setup, 48);
SEGUE_SIZE(segue_seeder, 80);
SEGUE_SIZE(segue_ask, 32);
SEGUE_SIZE(segue_arrival, 24);
SEGUE_SIZE(segue_view, 136);
SEGUE_SIZE(segue_decision, 8);
SEGUE_SIZE(segue_range, 16);
SEGUE_SIZE(segue_actions, 96);
SEGUE_SIZE(segue_policy_table, 48);
SEGUE_SIZE(segue_datagram, 40);
SEGUE_SIZE(segue_fate, 40);
SEGUE_SIZE(segue_network_table, 48);
#undef SEGUE_SIZE
#endif

#ifdef __cplusplus
}
#endif

#endif /* SEGUE_POLICY_H */
