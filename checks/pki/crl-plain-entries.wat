;; Walks the usual CRL entries in a window of a CRL: what makes a CRL of millions of entries cost little
;; more than its hash. `npm run wasm` writes crl-plain-entries-wasm.ts from it. The memory:
;;
;;       0  65536 bytes, the filter: not zero where a serial number that ends in these two bytes is wanted
;;   65536     20 bytes: how many days a month may have; 0 for what is no month
;;   65600  the window: entries, the first of them at its start
(module
  (memory (export "memory") 12)
  (data (i32.const 65536) "\00\1f\1d\1f\1e\1f\1e\1f\1f\1e\1f\1e\1f\00\00\00\00\00\00\00")

  ;; From `at` on, but not from beyond `last`: where the first entry starts that is not plain or is perhaps
  ;; wanted, and how many were passed.
  (func (export "walk") (param $at i32) (param $last i32) (result i32 i32)
    (local $head i32) (local $leading i32) (local $time i32) (local $end i32)
    (local $bytes v128) (local $pairs i64) (local $passed i32)
    (block $odd
      (loop $entry
        (br_if $odd (i32.gt_u (local.get $at) (local.get $last)))
        ;; 30 LL 02 SS: LL below 128, SS from 1 to 31.
        (local.set $head (i32.load (local.get $at)))
        (br_if $odd
          (i32.ne (i32.and (local.get $head) (i32.const 0xe0ff80ff)) (i32.const 0x00020030)))
        (br_if $odd (i32.lt_u (local.get $head) (i32.const 0x01000000)))
        (local.set $time
          (i32.add
            (i32.add (local.get $at) (i32.const 4))
            (i32.shr_u (local.get $head) (i32.const 24))))
        (local.set $end
          (i32.add
            (i32.add (local.get $at) (i32.const 2))
            (i32.and (i32.shr_u (local.get $head) (i32.const 8)) (i32.const 0x7f))))
        ;; Nine equal leading bits: not minimal.
        (local.set $leading
          (i32.and (i32.load16_u offset=4 (local.get $at)) (i32.const 0x80ff)))
        (br_if $odd (i32.eqz (local.get $leading)))
        (br_if $odd (i32.eq (local.get $leading) (i32.const 0x80ff)))
        ;; 17 0D YY MM DD HH MM SS 5A, and any byte.
        (local.set $bytes (v128.load (local.get $time)))
        (br_if $odd
          (v128.any_true
            (v128.or
              (i8x16.lt_u (local.get $bytes)
                (v128.const i8x16 0x17 13 48 48 48 48 48 48 48 48 48 48 48 48 0x5a 0))
              (i8x16.gt_u (local.get $bytes)
                (v128.const i8x16 0x17 13 57 57 49 57 51 57 50 57 53 57 53 57 0x5a 255)))))
        ;; Month, day, hour and minute, each in 16 bits.
        (local.set $pairs
          (i64.and (i64.load offset=4 (local.get $time)) (i64.const 0x0f0f0f0f0f0f0f0f)))
        (local.set $pairs
          (i64.add
            (i64.mul (local.get $pairs) (i64.const 10))
            (i64.shr_u (local.get $pairs) (i64.const 8))))
        (br_if $odd
          (i32.ge_u
            (i32.sub
              (i32.and (i32.wrap_i64 (i64.shr_u (local.get $pairs) (i64.const 16))) (i32.const 0xff))
              (i32.const 1))
            (i32.load8_u offset=65536 (i32.and (i32.wrap_i64 (local.get $pairs)) (i32.const 0xff)))))
        ;; 29 February of a year that 4 does not divide (2000 is a leap year too).
        (if (i32.eq (i32.and (i32.wrap_i64 (local.get $pairs)) (i32.const 0x00ff00ff)) (i32.const 0x001d0002))
          (then
            (br_if $odd
              (i32.and
                (i32.add
                  (i32.shl (i32.load8_u offset=2 (local.get $time)) (i32.const 1))
                  (i32.load8_u offset=3 (local.get $time)))
                (i32.const 3)))))
        (br_if $odd
          (i32.gt_u
            (i32.and (i32.wrap_i64 (i64.shr_u (local.get $pairs) (i64.const 32))) (i32.const 0xff))
            (i32.const 23)))
        ;; Nothing more, or a reasonCode alone: 30 0C 30 0A 06 03 55 1D 15 04 03 0A 01 RR, and any two bytes.
        (if (i32.ne (local.get $end) (i32.add (local.get $time) (i32.const 15)))
          (then
            (br_if $odd (i32.ne (local.get $end) (i32.add (local.get $time) (i32.const 29))))
            (local.set $bytes (v128.load offset=15 (local.get $time)))
            (br_if $odd
              (v128.any_true
                (v128.or
                  (i8x16.lt_u (local.get $bytes)
                    (v128.const i8x16 48 12 48 10 6 3 0x55 0x1d 21 4 3 10 1 0 0 0))
                  (i8x16.gt_u (local.get $bytes)
                    (v128.const i8x16 48 12 48 10 6 3 0x55 0x1d 21 4 3 10 1 10 255 255)))))))
        (br_if $odd
          (i32.load8_u (i32.load16_u (i32.sub (local.get $time) (i32.const 2)))))
        (local.set $at (local.get $end))
        (local.set $passed (i32.add (local.get $passed) (i32.const 1)))
        (br $entry)))
    (local.get $at)
    (local.get $passed)))
